/// `SessionAffinityConfig` of `core.v1`.
public struct SessionAffinityConfig: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var clientIP: ClientIPConfig? {
    get { json.field("clientIP") }
    set { json.setField("clientIP", newValue) }
  }
}
