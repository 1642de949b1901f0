/// `TokenRequestSpec` of `authentication.v1`.
public struct TokenRequestSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var audiences: [String] {
    get { json.field("audiences") }
    set { json.setField("audiences", newValue) }
  }

  public var expirationSeconds: Int64? {
    get { json.field("expirationSeconds") }
    set { json.setField("expirationSeconds", newValue) }
  }

  public var boundObjectRef: BoundObjectReference? {
    get { json.field("boundObjectRef") }
    set { json.setField("boundObjectRef", newValue) }
  }
}
