/// `PodReadinessGate` of `core.v1`.
public struct PodReadinessGate: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var conditionType: String? {
    get { json.field("conditionType") }
    set { json.setField("conditionType", newValue) }
  }
}
