/// `SubjectAccessReviewStatus` of `authorization.v1`.
public struct SubjectAccessReviewStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var allowed: Bool? {
    get { json.field("allowed") }
    set { json.setField("allowed", newValue) }
  }

  public var denied: Bool? {
    get { json.field("denied") }
    set { json.setField("denied", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var evaluationError: String? {
    get { json.field("evaluationError") }
    set { json.setField("evaluationError", newValue) }
  }
}
