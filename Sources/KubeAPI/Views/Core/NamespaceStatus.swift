/// `NamespaceStatus` of `core.v1`.
public struct NamespaceStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var phase: String? {
    get { json.field("phase") }
    set { json.setField("phase", newValue) }
  }

  public var conditions: [NamespaceCondition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }
}
