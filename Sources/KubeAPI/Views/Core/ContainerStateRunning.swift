/// `ContainerStateRunning` of `core.v1`.
public struct ContainerStateRunning: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var startedAt: Time? {
    get { json.field("startedAt") }
    set { json.setField("startedAt", newValue) }
  }
}
