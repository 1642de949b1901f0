/// `PhotonPersistentDiskVolumeSource` of `core.v1`.
public struct PhotonPersistentDiskVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var pdID: String? {
    get { json.field("pdID") }
    set { json.setField("pdID", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }
}
