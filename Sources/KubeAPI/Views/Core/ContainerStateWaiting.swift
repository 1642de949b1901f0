/// `ContainerStateWaiting` of `core.v1`.
public struct ContainerStateWaiting: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }
}
