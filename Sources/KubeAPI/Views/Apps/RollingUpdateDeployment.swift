/// `RollingUpdateDeployment` of `apps.v1`.
public struct RollingUpdateDeployment: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var maxUnavailable: IntOrString? {
    get { json.field("maxUnavailable") }
    set { json.setField("maxUnavailable", newValue) }
  }

  public var maxSurge: IntOrString? {
    get { json.field("maxSurge") }
    set { json.setField("maxSurge", newValue) }
  }
}
