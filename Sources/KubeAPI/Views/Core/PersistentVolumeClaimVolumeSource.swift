/// `PersistentVolumeClaimVolumeSource` of `core.v1`.
public struct PersistentVolumeClaimVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var claimName: String? {
    get { json.field("claimName") }
    set { json.setField("claimName", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
