/// `GRPCAction` of `core.v1`.
public struct GRPCAction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var port: Int32? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var service: String? {
    get { json.field("service") }
    set { json.setField("service", newValue) }
  }
}
