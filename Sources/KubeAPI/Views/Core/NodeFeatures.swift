/// `NodeFeatures` of `core.v1`.
public struct NodeFeatures: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var supplementalGroupsPolicy: Bool? {
    get { json.field("supplementalGroupsPolicy") }
    set { json.setField("supplementalGroupsPolicy", newValue) }
  }
}
