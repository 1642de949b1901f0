/// `EndpointHints` of `discovery.v1`.
public struct EndpointHints: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var forZones: [ForZone] {
    get { json.field("forZones") }
    set { json.setField("forZones", newValue) }
  }

  public var forNodes: [ForNode] {
    get { json.field("forNodes") }
    set { json.setField("forNodes", newValue) }
  }
}
