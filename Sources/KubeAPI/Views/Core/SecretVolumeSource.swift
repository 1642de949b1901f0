/// `SecretVolumeSource` of `core.v1`.
public struct SecretVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var secretName: String? {
    get { json.field("secretName") }
    set { json.setField("secretName", newValue) }
  }

  public var items: [KeyToPath] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }

  public var defaultMode: Int32? {
    get { json.field("defaultMode") }
    set { json.setField("defaultMode", newValue) }
  }

  public var optional: Bool? {
    get { json.field("optional") }
    set { json.setField("optional", newValue) }
  }
}
