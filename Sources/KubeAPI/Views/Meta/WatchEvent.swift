/// `WatchEvent` of `meta.v1`.
public struct WatchEvent: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var object: JSONValue? {
    get { json.field("object") }
    set { json.setField("object", newValue) }
  }
}
