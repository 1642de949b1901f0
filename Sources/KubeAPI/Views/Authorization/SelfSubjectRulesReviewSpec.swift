/// `SelfSubjectRulesReviewSpec` of `authorization.v1`.
public struct SelfSubjectRulesReviewSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var namespace: String? {
    get { json.field("namespace") }
    set { json.setField("namespace", newValue) }
  }
}
