/// `SecretKeySelector` of `core.v1`.
public struct SecretKeySelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var key: String? {
    get { json.field("key") }
    set { json.setField("key", newValue) }
  }

  public var optional: Bool? {
    get { json.field("optional") }
    set { json.setField("optional", newValue) }
  }
}
