/// `SelfSubjectReviewStatus` of `authentication.v1`.
public struct SelfSubjectReviewStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var userInfo: AuthenticationUserInfo? {
    get { json.field("userInfo") }
    set { json.setField("userInfo", newValue) }
  }
}
