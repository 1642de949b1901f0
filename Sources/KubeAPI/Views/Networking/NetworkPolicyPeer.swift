/// `NetworkPolicyPeer` of `networking.v1`.
public struct NetworkPolicyPeer: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var podSelector: LabelSelector? {
    get { json.field("podSelector") }
    set { json.setField("podSelector", newValue) }
  }

  public var namespaceSelector: LabelSelector? {
    get { json.field("namespaceSelector") }
    set { json.setField("namespaceSelector", newValue) }
  }

  public var ipBlock: IPBlock? {
    get { json.field("ipBlock") }
    set { json.setField("ipBlock", newValue) }
  }
}
