/// `QuobyteVolumeSource` of `core.v1`.
public struct QuobyteVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var registry: String? {
    get { json.field("registry") }
    set { json.setField("registry", newValue) }
  }

  public var volume: String? {
    get { json.field("volume") }
    set { json.setField("volume", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var user: String? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var group: String? {
    get { json.field("group") }
    set { json.setField("group", newValue) }
  }

  public var tenant: String? {
    get { json.field("tenant") }
    set { json.setField("tenant", newValue) }
  }
}
