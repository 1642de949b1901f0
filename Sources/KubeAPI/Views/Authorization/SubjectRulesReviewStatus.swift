/// `SubjectRulesReviewStatus` of `authorization.v1`.
public struct SubjectRulesReviewStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceRules: [ResourceRule] {
    get { json.field("resourceRules") }
    set { json.setField("resourceRules", newValue) }
  }

  public var nonResourceRules: [NonResourceRule] {
    get { json.field("nonResourceRules") }
    set { json.setField("nonResourceRules", newValue) }
  }

  public var incomplete: Bool? {
    get { json.field("incomplete") }
    set { json.setField("incomplete", newValue) }
  }

  public var evaluationError: String? {
    get { json.field("evaluationError") }
    set { json.setField("evaluationError", newValue) }
  }
}
