/// `SecretProjection` of `core.v1`.
public struct SecretProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var items: [KeyToPath] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }

  public var optional: Bool? {
    get { json.field("optional") }
    set { json.setField("optional", newValue) }
  }
}
