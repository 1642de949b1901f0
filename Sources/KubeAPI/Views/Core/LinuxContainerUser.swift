/// `LinuxContainerUser` of `core.v1`.
public struct LinuxContainerUser: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var uid: Int64? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var gid: Int64? {
    get { json.field("gid") }
    set { json.setField("gid", newValue) }
  }

  public var supplementalGroups: [Int64] {
    get { json.field("supplementalGroups") }
    set { json.setField("supplementalGroups", newValue) }
  }
}
