/// `TCPSocketAction` of `core.v1`.
public struct TCPSocketAction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var port: IntOrString? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var host: String? {
    get { json.field("host") }
    set { json.setField("host", newValue) }
  }
}
