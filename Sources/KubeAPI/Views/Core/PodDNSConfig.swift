/// `PodDNSConfig` of `core.v1`.
public struct PodDNSConfig: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var nameservers: [String] {
    get { json.field("nameservers") }
    set { json.setField("nameservers", newValue) }
  }

  public var searches: [String] {
    get { json.field("searches") }
    set { json.setField("searches", newValue) }
  }

  public var options: [PodDNSConfigOption] {
    get { json.field("options") }
    set { json.setField("options", newValue) }
  }
}
