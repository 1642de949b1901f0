/// `ContainerStateTerminated` of `core.v1`.
public struct ContainerStateTerminated: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var exitCode: Int32? {
    get { json.field("exitCode") }
    set { json.setField("exitCode", newValue) }
  }

  public var signal: Int32? {
    get { json.field("signal") }
    set { json.setField("signal", newValue) }
  }

  public var reason: String? {
    get { json.field("reason") }
    set { json.setField("reason", newValue) }
  }

  public var message: String? {
    get { json.field("message") }
    set { json.setField("message", newValue) }
  }

  public var startedAt: Time? {
    get { json.field("startedAt") }
    set { json.setField("startedAt", newValue) }
  }

  public var finishedAt: Time? {
    get { json.field("finishedAt") }
    set { json.setField("finishedAt", newValue) }
  }

  public var containerID: String? {
    get { json.field("containerID") }
    set { json.setField("containerID", newValue) }
  }
}
