/// `HostAlias` of `core.v1`.
public struct HostAlias: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ip: String? {
    get { json.field("ip") }
    set { json.setField("ip", newValue) }
  }

  public var hostnames: [String] {
    get { json.field("hostnames") }
    set { json.setField("hostnames", newValue) }
  }
}
