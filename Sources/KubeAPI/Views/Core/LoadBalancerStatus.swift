/// `LoadBalancerStatus` of `core.v1`.
public struct LoadBalancerStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ingress: [LoadBalancerIngress] {
    get { json.field("ingress") }
    set { json.setField("ingress", newValue) }
  }
}
