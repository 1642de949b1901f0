/// `LabelSelector` of `meta.v1`.
public struct LabelSelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var matchLabels: [String: String] {
    get { json.field("matchLabels") }
    set { json.setField("matchLabels", newValue) }
  }

  public var matchExpressions: [LabelSelectorRequirement] {
    get { json.field("matchExpressions") }
    set { json.setField("matchExpressions", newValue) }
  }
}
