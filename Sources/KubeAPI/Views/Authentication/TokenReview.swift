/// `TokenReview` of `authentication.v1`.
public struct TokenReview: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "authentication.k8s.io", version: "v1", resource: "tokenreviews", kind: "TokenReview",
    isNamespaced: false)

  public var spec: TokenReviewSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: TokenReviewStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
