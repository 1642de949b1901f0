/// `ContainerUser` of `core.v1`.
public struct ContainerUser: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var linux: LinuxContainerUser? {
    get { json.field("linux") }
    set { json.setField("linux", newValue) }
  }
}
