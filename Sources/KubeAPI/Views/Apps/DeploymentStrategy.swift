/// `DeploymentStrategy` of `apps.v1`.
public struct DeploymentStrategy: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var rollingUpdate: RollingUpdateDeployment? {
    get { json.field("rollingUpdate") }
    set { json.setField("rollingUpdate", newValue) }
  }
}
