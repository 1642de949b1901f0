/// `APIVersions` of `meta.v1`.
public struct APIVersions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var versions: [String] {
    get { json.field("versions") }
    set { json.setField("versions", newValue) }
  }

  public var serverAddressByClientCIDRs: [ServerAddressByClientCIDR] {
    get { json.field("serverAddressByClientCIDRs") }
    set { json.setField("serverAddressByClientCIDRs", newValue) }
  }
}
