/// `KeyToPath` of `core.v1`.
public struct KeyToPath: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var key: String? {
    get { json.field("key") }
    set { json.setField("key", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var mode: Int32? {
    get { json.field("mode") }
    set { json.setField("mode", newValue) }
  }
}
