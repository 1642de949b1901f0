/// `NodeSelector` of `core.v1`.
public struct NodeSelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var nodeSelectorTerms: [NodeSelectorTerm] {
    get { json.field("nodeSelectorTerms") }
    set { json.setField("nodeSelectorTerms", newValue) }
  }
}
