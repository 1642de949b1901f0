/// `NodeRuntimeHandler` of `core.v1`.
public struct NodeRuntimeHandler: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var features: NodeRuntimeHandlerFeatures? {
    get { json.field("features") }
    set { json.setField("features", newValue) }
  }
}
