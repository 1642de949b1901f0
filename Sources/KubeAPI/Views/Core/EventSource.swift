/// `EventSource` of `core.v1`.
public struct EventSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var component: String? {
    get { json.field("component") }
    set { json.setField("component", newValue) }
  }

  public var host: String? {
    get { json.field("host") }
    set { json.setField("host", newValue) }
  }
}
