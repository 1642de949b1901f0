/// `NonResourceAttributes` of `authorization.v1`.
public struct NonResourceAttributes: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var verb: String? {
    get { json.field("verb") }
    set { json.setField("verb", newValue) }
  }
}
