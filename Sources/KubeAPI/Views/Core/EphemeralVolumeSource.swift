/// `EphemeralVolumeSource` of `core.v1`.
public struct EphemeralVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumeClaimTemplate: PersistentVolumeClaimTemplate? {
    get { json.field("volumeClaimTemplate") }
    set { json.setField("volumeClaimTemplate", newValue) }
  }
}
