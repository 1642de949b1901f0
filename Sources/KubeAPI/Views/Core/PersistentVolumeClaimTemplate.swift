/// `PersistentVolumeClaimTemplate` of `core.v1`.
public struct PersistentVolumeClaimTemplate: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var spec: PersistentVolumeClaimSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }
}
