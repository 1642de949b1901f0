/// `DeploymentStatus` of `apps.v1`.
public struct DeploymentStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var observedGeneration: Int64? {
    get { json.field("observedGeneration") }
    set { json.setField("observedGeneration", newValue) }
  }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }

  public var updatedReplicas: Int32? {
    get { json.field("updatedReplicas") }
    set { json.setField("updatedReplicas", newValue) }
  }

  public var readyReplicas: Int32? {
    get { json.field("readyReplicas") }
    set { json.setField("readyReplicas", newValue) }
  }

  public var availableReplicas: Int32? {
    get { json.field("availableReplicas") }
    set { json.setField("availableReplicas", newValue) }
  }

  public var unavailableReplicas: Int32? {
    get { json.field("unavailableReplicas") }
    set { json.setField("unavailableReplicas", newValue) }
  }

  public var terminatingReplicas: Int32? {
    get { json.field("terminatingReplicas") }
    set { json.setField("terminatingReplicas", newValue) }
  }

  public var conditions: [DeploymentCondition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }

  public var collisionCount: Int32? {
    get { json.field("collisionCount") }
    set { json.setField("collisionCount", newValue) }
  }
}
