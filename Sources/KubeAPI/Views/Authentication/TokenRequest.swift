/// `TokenRequest` of `authentication.v1`.
public struct TokenRequest: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var spec: TokenRequestSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: TokenRequestStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
