/// `ReplicaSet` of `apps.v1`.
public struct ReplicaSet: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "apps", version: "v1", resource: "replicasets", kind: "ReplicaSet",
    isNamespaced: true)

  public var spec: ReplicaSetSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: ReplicaSetStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
