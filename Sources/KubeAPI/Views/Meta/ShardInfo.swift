/// `ShardInfo` of `meta.v1`.
public struct ShardInfo: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var selector: String? {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }
}
