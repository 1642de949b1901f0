/// `Taint` of `core.v1`.
public struct Taint: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var key: String? {
    get { json.field("key") }
    set { json.setField("key", newValue) }
  }

  public var value: String? {
    get { json.field("value") }
    set { json.setField("value", newValue) }
  }

  public var effect: String? {
    get { json.field("effect") }
    set { json.setField("effect", newValue) }
  }

  public var timeAdded: Time? {
    get { json.field("timeAdded") }
    set { json.setField("timeAdded", newValue) }
  }
}
