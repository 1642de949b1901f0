/// `Event` of `core.v1`.
public struct Event: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "events", kind: "Event",
    isNamespaced: true)

  public var involvedObject: ObjectReference? {
    get { json.field("involvedObject") }
    set { json.setField("involvedObject", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }

  public var source: EventSource? {
    get { json.field("source") }
    set { json.setField("source", newValue) }
  }

  public var firstTimestamp: Time? {
    get { json.field("firstTimestamp") }
    set { json.setField("firstTimestamp", newValue) }
  }

  public var lastTimestamp: Time? {
    get { json.field("lastTimestamp") }
    set { json.setField("lastTimestamp", newValue) }
  }

  public var count: Int32? {
    get { json.field("count") }
    set { json.setField("count", newValue) }
  }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var eventTime: MicroTime? {
    get { json.field("eventTime") }
    set { json.setField("eventTime", newValue) }
  }

  public var series: EventSeries? {
    get { json.field("series") }
    set { json.setField("series", newValue) }
  }

  public var action: String? {
    get { json.field("action") }
    set { json.setField("action", newValue) }
  }

  public var related: ObjectReference? {
    get { json.field("related") }
    set { json.setField("related", newValue) }
  }

  public var reportingComponent: String? {
    get { json.field("reportingComponent") }
    set { json.setField("reportingComponent", newValue) }
  }

  public var reportingInstance: String? {
    get { json.field("reportingInstance") }
    set { json.setField("reportingInstance", newValue) }
  }
}
