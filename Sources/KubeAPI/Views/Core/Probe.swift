/// `Probe` of `core.v1`.
public struct Probe: JSONView {
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

  public var initialDelaySeconds: Int32? {
    get { json.field("initialDelaySeconds") }
    set { json.setField("initialDelaySeconds", newValue) }
  }

  public var timeoutSeconds: Int32? {
    get { json.field("timeoutSeconds") }
    set { json.setField("timeoutSeconds", newValue) }
  }

  public var periodSeconds: Int32? {
    get { json.field("periodSeconds") }
    set { json.setField("periodSeconds", newValue) }
  }

  public var successThreshold: Int32? {
    get { json.field("successThreshold") }
    set { json.setField("successThreshold", newValue) }
  }

  public var failureThreshold: Int32? {
    get { json.field("failureThreshold") }
    set { json.setField("failureThreshold", newValue) }
  }

  public var terminationGracePeriodSeconds: Int64? {
    get { json.field("terminationGracePeriodSeconds") }
    set { json.setField("terminationGracePeriodSeconds", newValue) }
  }
}
