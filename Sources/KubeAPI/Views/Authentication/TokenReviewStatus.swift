/// `TokenReviewStatus` of `authentication.v1`.
public struct TokenReviewStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var authenticated: Bool? {
    get { json.field("authenticated") }
    set { json.setField("authenticated", newValue) }
  }

  public var user: AuthenticationUserInfo? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var audiences: [String] {
    get { json.field("audiences") }
    set { json.setField("audiences", newValue) }
  }

  public var error: String? {
    get { json.field("error") }
    set { json.setField("error", newValue) }
  }
}
