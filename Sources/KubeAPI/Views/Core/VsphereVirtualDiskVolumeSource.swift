/// `VsphereVirtualDiskVolumeSource` of `core.v1`.
public struct VsphereVirtualDiskVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumePath: String? {
    get { json.field("volumePath") }
    set { json.setField("volumePath", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var storagePolicyName: String? {
    get { json.field("storagePolicyName") }
    set { json.setField("storagePolicyName", newValue) }
  }

  public var storagePolicyID: String? {
    get { json.field("storagePolicyID") }
    set { json.setField("storagePolicyID", newValue) }
  }
}
