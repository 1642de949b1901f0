/// `NetworkPolicySpec` of `networking.v1`.
public struct NetworkPolicySpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var podSelector: LabelSelector? {
    get { json.field("podSelector") }
    set { json.setField("podSelector", newValue) }
  }

  public var ingress: [NetworkPolicyIngressRule] {
    get { json.field("ingress") }
    set { json.setField("ingress", newValue) }
  }

  public var egress: [NetworkPolicyEgressRule] {
    get { json.field("egress") }
    set { json.setField("egress", newValue) }
  }

  public var policyTypes: [String] {
    get { json.field("policyTypes") }
    set { json.setField("policyTypes", newValue) }
  }
}
