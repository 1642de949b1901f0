/// `SelfSubjectAccessReview` of `authorization.v1`.
public struct SelfSubjectAccessReview: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "authorization.k8s.io", version: "v1", resource: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview",
    isNamespaced: false)

  public var spec: SelfSubjectAccessReviewSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: SubjectAccessReviewStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
