/// `Endpoint` of `discovery.v1`.
public struct Endpoint: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var addresses: [String] {
    get { json.field("addresses") }
    set { json.setField("addresses", newValue) }
  }

  public var conditions: EndpointConditions? {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }

  public var hostname: String? {
    get { json.field("hostname") }
    set { json.setField("hostname", newValue) }
  }

  public var targetRef: ObjectReference? {
    get { json.field("targetRef") }
    set { json.setField("targetRef", newValue) }
  }

  public var deprecatedTopology: [String: String] {
    get { json.field("deprecatedTopology") }
    set { json.setField("deprecatedTopology", newValue) }
  }

  public var nodeName: String? {
    get { json.field("nodeName") }
    set { json.setField("nodeName", newValue) }
  }

  public var zone: String? {
    get { json.field("zone") }
    set { json.setField("zone", newValue) }
  }

  public var hints: EndpointHints? {
    get { json.field("hints") }
    set { json.setField("hints", newValue) }
  }
}
