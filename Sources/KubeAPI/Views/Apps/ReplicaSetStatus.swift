/// `ReplicaSetStatus` of `apps.v1`.
public struct ReplicaSetStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }

  public var fullyLabeledReplicas: Int32? {
    get { json.field("fullyLabeledReplicas") }
    set { json.setField("fullyLabeledReplicas", newValue) }
  }

  public var readyReplicas: Int32? {
    get { json.field("readyReplicas") }
    set { json.setField("readyReplicas", newValue) }
  }

  public var availableReplicas: Int32? {
    get { json.field("availableReplicas") }
    set { json.setField("availableReplicas", newValue) }
  }

  public var terminatingReplicas: Int32? {
    get { json.field("terminatingReplicas") }
    set { json.setField("terminatingReplicas", newValue) }
  }

  public var observedGeneration: Int64? {
    get { json.field("observedGeneration") }
    set { json.setField("observedGeneration", newValue) }
  }

  public var conditions: [ReplicaSetCondition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }
}
