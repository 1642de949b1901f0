/// `SelfSubjectReview` of `authentication.v1`.
public struct SelfSubjectReview: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "authentication.k8s.io", version: "v1", resource: "selfsubjectreviews", kind: "SelfSubjectReview",
    isNamespaced: false)

  public var status: SelfSubjectReviewStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
