/// `ServerAddressByClientCIDR` of `meta.v1`.
public struct ServerAddressByClientCIDR: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var clientCIDR: String? {
    get { json.field("clientCIDR") }
    set { json.setField("clientCIDR", newValue) }
  }

  public var serverAddress: String? {
    get { json.field("serverAddress") }
    set { json.setField("serverAddress", newValue) }
  }
}
