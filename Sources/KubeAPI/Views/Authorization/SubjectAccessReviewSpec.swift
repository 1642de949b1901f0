/// `SubjectAccessReviewSpec` of `authorization.v1`.
public struct SubjectAccessReviewSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceAttributes: ResourceAttributes? {
    get { json.field("resourceAttributes") }
    set { json.setField("resourceAttributes", newValue) }
  }

  public var nonResourceAttributes: NonResourceAttributes? {
    get { json.field("nonResourceAttributes") }
    set { json.setField("nonResourceAttributes", newValue) }
  }

  public var user: String? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var groups: [String] {
    get { json.field("groups") }
    set { json.setField("groups", newValue) }
  }

  public var extra: [String: JSONValue] {
    get { json.field("extra") }
    set { json.setField("extra", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }
}
