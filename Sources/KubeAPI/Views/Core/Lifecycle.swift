/// `Lifecycle` of `core.v1`.
public struct Lifecycle: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var postStart: LifecycleHandler? {
    get { json.field("postStart") }
    set { json.setField("postStart", newValue) }
  }

  public var preStop: LifecycleHandler? {
    get { json.field("preStop") }
    set { json.setField("preStop", newValue) }
  }

  public var stopSignal: String? {
    get { json.field("stopSignal") }
    set { json.setField("stopSignal", newValue) }
  }
}
