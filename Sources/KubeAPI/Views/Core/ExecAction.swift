/// `ExecAction` of `core.v1`.
public struct ExecAction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var command: [String] {
    get { json.field("command") }
    set { json.setField("command", newValue) }
  }
}
