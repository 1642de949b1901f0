/// `DeploymentSpec` of `apps.v1`.
public struct DeploymentSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var replicas: Int32? {
    get { json.field("replicas") }
    set { json.setField("replicas", newValue) }
  }

  public var selector: LabelSelector? {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }

  public var template: PodTemplateSpec? {
    get { json.field("template") }
    set { json.setField("template", newValue) }
  }

  public var strategy: DeploymentStrategy? {
    get { json.field("strategy") }
    set { json.setField("strategy", newValue) }
  }

  public var minReadySeconds: Int32? {
    get { json.field("minReadySeconds") }
    set { json.setField("minReadySeconds", newValue) }
  }

  public var revisionHistoryLimit: Int32? {
    get { json.field("revisionHistoryLimit") }
    set { json.setField("revisionHistoryLimit", newValue) }
  }

  public var paused: Bool? {
    get { json.field("paused") }
    set { json.setField("paused", newValue) }
  }

  public var progressDeadlineSeconds: Int32? {
    get { json.field("progressDeadlineSeconds") }
    set { json.setField("progressDeadlineSeconds", newValue) }
  }
}
