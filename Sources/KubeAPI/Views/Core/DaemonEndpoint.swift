/// `DaemonEndpoint` of `core.v1`.
public struct DaemonEndpoint: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var Port: Int32? {
    get { json.field("Port") }
    set { json.setField("Port", newValue) }
  }
}
