/// `Verbs` of `meta.v1`.
public struct Verbs: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var items: [String] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }
}
