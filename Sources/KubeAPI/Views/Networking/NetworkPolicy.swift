/// `NetworkPolicy` of `networking.v1`.
public struct NetworkPolicy: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "networking.k8s.io", version: "v1", resource: "networkpolicies", kind: "NetworkPolicy",
    isNamespaced: true)

  public var spec: NetworkPolicySpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }
}
