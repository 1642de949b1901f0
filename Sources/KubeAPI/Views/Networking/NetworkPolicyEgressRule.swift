/// `NetworkPolicyEgressRule` of `networking.v1`.
public struct NetworkPolicyEgressRule: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ports: [NetworkPolicyPort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }

  public var to: [NetworkPolicyPeer] {
    get { json.field("to") }
    set { json.setField("to", newValue) }
  }
}
