/// `ReplicaSetSpec` of `apps.v1`.
public struct ReplicaSetSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }

  public var minReadySeconds: Int32? {
    get { json.field("minReadySeconds") }
    set { json.setField("minReadySeconds", newValue) }
  }

  public var selector: LabelSelector? {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }

  public var template: PodTemplateSpec? {
    get { json.field("template") }
    set { json.setField("template", newValue) }
  }
}
