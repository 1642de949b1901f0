/// `APIGroup` of `meta.v1`.
public struct APIGroup: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var versions: [GroupVersionForDiscovery] {
    get { json.field("versions") }
    set { json.setField("versions", newValue) }
  }

  public var preferredVersion: GroupVersionForDiscovery? {
    get { json.field("preferredVersion") }
    set { json.setField("preferredVersion", newValue) }
  }

  public var serverAddressByClientCIDRs: [ServerAddressByClientCIDR] {
    get { json.field("serverAddressByClientCIDRs") }
    set { json.setField("serverAddressByClientCIDRs", newValue) }
  }
}
