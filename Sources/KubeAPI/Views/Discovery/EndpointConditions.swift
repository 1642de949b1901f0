/// `EndpointConditions` of `discovery.v1`.
public struct EndpointConditions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ready: Bool? {
    get { json.field("ready") }
    set { json.setField("ready", newValue) }
  }

  public var serving: Bool? {
    get { json.field("serving") }
    set { json.setField("serving", newValue) }
  }

  public var terminating: Bool? {
    get { json.field("terminating") }
    set { json.setField("terminating", newValue) }
  }
}
