/// `Deployment` of `apps.v1`.
public struct Deployment: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "apps", version: "v1", resource: "deployments", kind: "Deployment",
    isNamespaced: true)

  public var spec: DeploymentSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: DeploymentStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
