/// `ContainerStatus` of `core.v1`.
public struct ContainerStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var state: ContainerState? {
    get { json.field("state") }
    set { json.setField("state", newValue) }
  }

  public var lastState: ContainerState? {
    get { json.field("lastState") }
    set { json.setField("lastState", newValue) }
  }

  public var ready: Bool? {
    get { json.field("ready") }
    set { json.setField("ready", newValue) }
  }

  public var restartCount: Int32? {
    get { json.field("restartCount") }
    set { json.setField("restartCount", newValue) }
  }

  public var image: String? {
    get { json.field("image") }
    set { json.setField("image", newValue) }
  }

  public var imageID: String? {
    get { json.field("imageID") }
    set { json.setField("imageID", newValue) }
  }

  public var containerID: String? {
    get { json.field("containerID") }
    set { json.setField("containerID", newValue) }
  }

  public var started: Bool? {
    get { json.field("started") }
    set { json.setField("started", newValue) }
  }

  public var allocatedResources: [String: Quantity] {
    get { json.field("allocatedResources") }
    set { json.setField("allocatedResources", newValue) }
  }

  public var resources: ResourceRequirements? {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var volumeMounts: [VolumeMountStatus] {
    get { json.field("volumeMounts") }
    set { json.setField("volumeMounts", newValue) }
  }

  public var user: ContainerUser? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var allocatedResourcesStatus: [ResourceStatus] {
    get { json.field("allocatedResourcesStatus") }
    set { json.setField("allocatedResourcesStatus", newValue) }
  }

  public var stopSignal: String? {
    get { json.field("stopSignal") }
    set { json.setField("stopSignal", newValue) }
  }
}
