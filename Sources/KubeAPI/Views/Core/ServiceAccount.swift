/// `ServiceAccount` of `core.v1`.
public struct ServiceAccount: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount",
    isNamespaced: true)

  public var secrets: [ObjectReference] {
    get { json.field("secrets") }
    set { json.setField("secrets", newValue) }
  }

  public var imagePullSecrets: [LocalObjectReference] {
    get { json.field("imagePullSecrets") }
    set { json.setField("imagePullSecrets", newValue) }
  }

  public var automountServiceAccountToken: Bool? {
    get { json.field("automountServiceAccountToken") }
    set { json.setField("automountServiceAccountToken", newValue) }
  }
}
