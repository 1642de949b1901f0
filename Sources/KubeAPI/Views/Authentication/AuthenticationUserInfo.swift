/// `UserInfo` of `authentication.v1`.
public struct AuthenticationUserInfo: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var username: String? {
    get { json.field("username") }
    set { json.setField("username", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var groups: [String] {
    get { json.field("groups") }
    set { json.setField("groups", newValue) }
  }

  public var extra: [String: JSONValue] {
    get { json.field("extra") }
    set { json.setField("extra", newValue) }
  }
}
