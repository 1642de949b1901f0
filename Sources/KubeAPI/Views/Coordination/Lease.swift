/// `Lease` of `coordination.v1`.
public struct Lease: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "coordination.k8s.io", version: "v1", resource: "leases", kind: "Lease",
    isNamespaced: true)

  public var spec: LeaseSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }
}
