/// `PodSchedulingGroup` of `core.v1`.
public struct PodSchedulingGroup: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var podGroupName: String? {
    get { json.field("podGroupName") }
    set { json.setField("podGroupName", newValue) }
  }
}
