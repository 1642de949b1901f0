/// `ResourceClaim` of `core.v1`.
public struct ResourceClaim: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var request: String? {
    get { json.field("request") }
    set { json.setField("request", newValue) }
  }
}
