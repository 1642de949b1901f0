/// `ProbeHandler` of `core.v1`.
public struct ProbeHandler: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var exec: ExecAction? {
    get { json.field("exec") }
    set { json.setField("exec", newValue) }
  }

  public var httpGet: HTTPGetAction? {
    get { json.field("httpGet") }
    set { json.setField("httpGet", newValue) }
  }

  public var tcpSocket: TCPSocketAction? {
    get { json.field("tcpSocket") }
    set { json.setField("tcpSocket", newValue) }
  }

  public var grpc: GRPCAction? {
    get { json.field("grpc") }
    set { json.setField("grpc", newValue) }
  }
}
