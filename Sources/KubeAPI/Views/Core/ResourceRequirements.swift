/// `ResourceRequirements` of `core.v1`.
public struct ResourceRequirements: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var limits: [String: Quantity] {
    get { json.field("limits") }
    set { json.setField("limits", newValue) }
  }

  public var requests: [String: Quantity] {
    get { json.field("requests") }
    set { json.setField("requests", newValue) }
  }

  public var claims: [ResourceClaim] {
    get { json.field("claims") }
    set { json.setField("claims", newValue) }
  }
}
