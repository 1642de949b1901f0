/// `TokenRequestStatus` of `authentication.v1`.
public struct TokenRequestStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var token: String? {
    get { json.field("token") }
    set { json.setField("token", newValue) }
  }

  public var expirationTimestamp: Time? {
    get { json.field("expirationTimestamp") }
    set { json.setField("expirationTimestamp", newValue) }
  }
}
