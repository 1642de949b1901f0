/// `FieldSelectorAttributes` of `authorization.v1`.
public struct FieldSelectorAttributes: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var rawSelector: String? {
    get { json.field("rawSelector") }
    set { json.setField("rawSelector", newValue) }
  }

  public var requirements: [FieldSelectorRequirement] {
    get { json.field("requirements") }
    set { json.setField("requirements", newValue) }
  }
}
