/// `AWSElasticBlockStoreVolumeSource` of `core.v1`.
public struct AWSElasticBlockStoreVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumeID: String? {
    get { json.field("volumeID") }
    set { json.setField("volumeID", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var partition: Int32? {
    get { json.field("partition") }
    set { json.setField("partition", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
