/// `TokenReviewSpec` of `authentication.v1`.
public struct TokenReviewSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var token: String? {
    get { json.field("token") }
    set { json.setField("token", newValue) }
  }

  public var audiences: [String] {
    get { json.field("audiences") }
    set { json.setField("audiences", newValue) }
  }
}
