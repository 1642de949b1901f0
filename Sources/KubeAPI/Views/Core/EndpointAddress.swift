/// `EndpointAddress` of `core.v1`.
public struct EndpointAddress: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ip: String? {
    get { json.field("ip") }
    set { json.setField("ip", newValue) }
  }

  public var hostname: String? {
    get { json.field("hostname") }
    set { json.setField("hostname", newValue) }
  }

  public var nodeName: String? {
    get { json.field("nodeName") }
    set { json.setField("nodeName", newValue) }
  }

  public var targetRef: ObjectReference? {
    get { json.field("targetRef") }
    set { json.setField("targetRef", newValue) }
  }
}
