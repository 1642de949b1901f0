/// `AzureDiskVolumeSource` of `core.v1`.
public struct AzureDiskVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var diskName: String? {
    get { json.field("diskName") }
    set { json.setField("diskName", newValue) }
  }

  public var diskURI: String? {
    get { json.field("diskURI") }
    set { json.setField("diskURI", newValue) }
  }

  public var cachingMode: String? {
    get { json.field("cachingMode") }
    set { json.setField("cachingMode", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }
}
