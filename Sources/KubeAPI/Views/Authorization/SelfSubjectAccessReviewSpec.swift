/// `SelfSubjectAccessReviewSpec` of `authorization.v1`.
public struct SelfSubjectAccessReviewSpec: JSONView {
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
}
