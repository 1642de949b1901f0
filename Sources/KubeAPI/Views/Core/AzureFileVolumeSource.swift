/// `AzureFileVolumeSource` of `core.v1`.
public struct AzureFileVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var secretName: String? {
    get { json.field("secretName") }
    set { json.setField("secretName", newValue) }
  }

  public var shareName: String? {
    get { json.field("shareName") }
    set { json.setField("shareName", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
