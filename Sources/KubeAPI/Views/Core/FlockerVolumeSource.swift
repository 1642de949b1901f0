/// `FlockerVolumeSource` of `core.v1`.
public struct FlockerVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var datasetName: String? {
    get { json.field("datasetName") }
    set { json.setField("datasetName", newValue) }
  }

  public var datasetUUID: String? {
    get { json.field("datasetUUID") }
    set { json.setField("datasetUUID", newValue) }
  }
}
