/// `NodeStatus` of `core.v1`.
public struct NodeStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var capacity: [String: Quantity] {
    get { json.field("capacity") }
    set { json.setField("capacity", newValue) }
  }

  public var allocatable: [String: Quantity] {
    get { json.field("allocatable") }
    set { json.setField("allocatable", newValue) }
  }

  public var phase: String? {
    get { json.field("phase") }
    set { json.setField("phase", newValue) }
  }

  public var conditions: [NodeCondition] {
    get { json.field("conditions") }
    set { json.setField("conditions", newValue) }
  }

  public var addresses: [NodeAddress] {
    get { json.field("addresses") }
    set { json.setField("addresses", newValue) }
  }

  public var daemonEndpoints: NodeDaemonEndpoints? {
    get { json.field("daemonEndpoints") }
    set { json.setField("daemonEndpoints", newValue) }
  }

  public var nodeInfo: NodeSystemInfo? {
    get { json.field("nodeInfo") }
    set { json.setField("nodeInfo", newValue) }
  }

  public var images: [ContainerImage] {
    get { json.field("images") }
    set { json.setField("images", newValue) }
  }

  public var volumesInUse: [String] {
    get { json.field("volumesInUse") }
    set { json.setField("volumesInUse", newValue) }
  }

  public var volumesAttached: [AttachedVolume] {
    get { json.field("volumesAttached") }
    set { json.setField("volumesAttached", newValue) }
  }

  public var config: NodeConfigStatus? {
    get { json.field("config") }
    set { json.setField("config", newValue) }
  }

  public var runtimeHandlers: [NodeRuntimeHandler] {
    get { json.field("runtimeHandlers") }
    set { json.setField("runtimeHandlers", newValue) }
  }

  public var features: NodeFeatures? {
    get { json.field("features") }
    set { json.setField("features", newValue) }
  }

  public var declaredFeatures: [String] {
    get { json.field("declaredFeatures") }
    set { json.setField("declaredFeatures", newValue) }
  }
}
