/// `PortStatus` of `core.v1`.
public struct PortStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var port: Int32? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var `protocol`: String? {
    get { json.field("protocol") }
    set { json.setField("protocol", newValue) }
  }

  public var error: String? {
    get { json.field("error") }
    set { json.setField("error", newValue) }
  }
}
