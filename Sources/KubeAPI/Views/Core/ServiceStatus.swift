/// `ServiceStatus` of `core.v1`.
public struct ServiceStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var loadBalancer: LoadBalancerStatus? {
    get { json.field("loadBalancer") }
    set { json.setField("loadBalancer", newValue) }
  }

  public var conditions: [Condition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }
}
