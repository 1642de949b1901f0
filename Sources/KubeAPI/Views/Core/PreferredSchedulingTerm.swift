/// `PreferredSchedulingTerm` of `core.v1`.
public struct PreferredSchedulingTerm: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var weight: Int32? {
    get { json.field("weight") }
    set { json.setField("weight", newValue) }
  }

  public var preference: NodeSelectorTerm? {
    get { json.field("preference") }
    set { json.setField("preference", newValue) }
  }
}
