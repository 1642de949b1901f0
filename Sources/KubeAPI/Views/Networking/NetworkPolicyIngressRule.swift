/// `NetworkPolicyIngressRule` of `networking.v1`.
public struct NetworkPolicyIngressRule: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ports: [NetworkPolicyPort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }

  public var from: [NetworkPolicyPeer] {
    get { json.field("from") }
    set { json.setField("from", newValue) }
  }
}
