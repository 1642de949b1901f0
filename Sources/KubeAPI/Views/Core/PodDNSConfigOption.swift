/// `PodDNSConfigOption` of `core.v1`.
public struct PodDNSConfigOption: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var value: String? {
    get { json.field("value") }
    set { json.setField("value", newValue) }
  }
}
