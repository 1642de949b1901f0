/// `NodeSelectorTerm` of `core.v1`.
public struct NodeSelectorTerm: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var matchExpressions: [NodeSelectorRequirement] {
    get { json.field("matchExpressions") }
    set { json.setField("matchExpressions", newValue) }
  }

  public var matchFields: [NodeSelectorRequirement] {
    get { json.field("matchFields") }
    set { json.setField("matchFields", newValue) }
  }
}
