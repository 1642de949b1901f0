/// `ContainerState` of `core.v1`.
public struct ContainerState: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var waiting: ContainerStateWaiting? {
    get { json.field("waiting") }
    set { json.setField("waiting", newValue) }
  }

  public var running: ContainerStateRunning? {
    get { json.field("running") }
    set { json.setField("running", newValue) }
  }

  public var terminated: ContainerStateTerminated? {
    get { json.field("terminated") }
    set { json.setField("terminated", newValue) }
  }
}
