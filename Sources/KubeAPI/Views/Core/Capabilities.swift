/// `Capabilities` of `core.v1`.
public struct Capabilities: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var add: [String] {
    get { json.field("add") }
    set { json.setField("add", newValue) }
  }

  public var drop: [String] {
    get { json.field("drop") }
    set { json.setField("drop", newValue) }
  }
}
