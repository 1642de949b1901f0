/// `ContainerRestartRule` of `core.v1`.
public struct ContainerRestartRule: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var action: String? {
    get { json.field("action") }
    set { json.setField("action", newValue) }
  }

  public var exitCodes: ContainerRestartRuleOnExitCodes? {
    get { json.field("exitCodes") }
    set { json.setField("exitCodes", newValue) }
  }
}
