/// `SelfSubjectRulesReview` of `authorization.v1`.
public struct SelfSubjectRulesReview: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "authorization.k8s.io", version: "v1", resource: "selfsubjectrulesreviews", kind: "SelfSubjectRulesReview",
    isNamespaced: false)

  public var spec: SelfSubjectRulesReviewSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: SubjectRulesReviewStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
