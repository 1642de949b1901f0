/// `CreateOptions` of `meta.v1`.
public struct CreateOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var dryRun: [String] {
    get { json.field("dryRun") }
    set { json.setField("dryRun", newValue) }
  }

  public var fieldManager: String? {
    get { json.field("fieldManager") }
    set { json.setField("fieldManager", newValue) }
  }

  public var fieldValidation: String? {
    get { json.field("fieldValidation") }
    set { json.setField("fieldValidation", newValue) }
  }
}
