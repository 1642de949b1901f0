/// `FileKeySelector` of `core.v1`.
public struct FileKeySelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumeName: String? {
    get { json.field("volumeName") }
    set { json.setField("volumeName", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
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
