/// `ResourceFieldSelector` of `core.v1`.
public struct ResourceFieldSelector: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var containerName: String? {
    get { json.field("containerName") }
    set { json.setField("containerName", newValue) }
  }

  public var resource: String? {
    get { json.field("resource") }
    set { json.setField("resource", newValue) }
  }

  public var divisor: Quantity? {
    get { json.field("divisor") }
    set { json.setField("divisor", newValue) }
  }
}
