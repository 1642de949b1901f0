/// `HostIP` of `core.v1`.
public struct HostIP: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ip: String? {
    get { json.field("ip") }
    set { json.setField("ip", newValue) }
  }
}
