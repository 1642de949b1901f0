/// `NetworkPolicyList` of `networking.v1`.
public struct NetworkPolicyList: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ListMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var items: [NetworkPolicy] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }
}
