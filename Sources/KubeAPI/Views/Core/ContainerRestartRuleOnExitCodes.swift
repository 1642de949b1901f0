/// `ContainerRestartRuleOnExitCodes` of `core.v1`.
public struct ContainerRestartRuleOnExitCodes: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var `operator`: String? {
    get { json.field("operator") }
    set { json.setField("operator", newValue) }
  }

  public var values: [Int32] {
    get { json.field("values") }
    set { json.setField("values", newValue) }
  }
}
