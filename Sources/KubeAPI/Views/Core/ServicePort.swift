/// `ServicePort` of `core.v1`.
public struct ServicePort: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var `protocol`: String? {
    get { json.field("protocol") }
    set { json.setField("protocol", newValue) }
  }

  public var appProtocol: String? {
    get { json.field("appProtocol") }
    set { json.setField("appProtocol", newValue) }
  }

  public var port: Int32? {
    get { json.field("port") }
    set { json.setField("port", newValue) }
  }

  public var targetPort: IntOrString? {
    get { json.field("targetPort") }
    set { json.setField("targetPort", newValue) }
  }

  public var nodePort: Int32? {
    get { json.field("nodePort") }
    set { json.setField("nodePort", newValue) }
  }
}
