/// `LoadBalancerIngress` of `core.v1`.
public struct LoadBalancerIngress: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ip: String? {
    get { json.field("ip") }
    set { json.setField("ip", newValue) }
  }

  public var hostname: String? {
    get { json.field("hostname") }
    set { json.setField("hostname", newValue) }
  }

  public var ipMode: String? {
    get { json.field("ipMode") }
    set { json.setField("ipMode", newValue) }
  }

  public var ports: [PortStatus] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }
}
