/// `FieldSelectorRequirement` of `meta.v1`.
public struct FieldSelectorRequirement: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var key: String? {
    get { json.field("key") }
    set { json.setField("key", newValue) }
  }

  public var `operator`: String? {
    get { json.field("operator") }
    set { json.setField("operator", newValue) }
  }

  public var values: [String] {
    get { json.field("values") }
    set { json.setField("values", newValue) }
  }
}
