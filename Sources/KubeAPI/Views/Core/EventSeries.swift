/// `EventSeries` of `core.v1`.
public struct EventSeries: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var count: Int32? {
    get { json.field("count") }
    set { json.setField("count", newValue) }
  }

  public var lastObservedTime: MicroTime? {
    get { json.field("lastObservedTime") }
    set { json.setField("lastObservedTime", newValue) }
  }
}
