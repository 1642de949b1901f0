/// `NetworkPolicyPort` of `networking.v1`.
public struct NetworkPolicyPort: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var `protocol`: String? {
    get { json.field("protocol") }
    set { json.setField("protocol", newValue) }
  }

  public var port: IntOrString? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var endPort: Int32? {
    get { json.field("endPort") }
    set { json.setField("endPort", newValue) }
  }
}
