/// `PodTemplateSpec` of `core.v1`.
public struct PodTemplateSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var spec: PodSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }
}
