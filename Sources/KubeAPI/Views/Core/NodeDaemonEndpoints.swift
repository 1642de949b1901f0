/// `NodeDaemonEndpoints` of `core.v1`.
public struct NodeDaemonEndpoints: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var kubeletEndpoint: DaemonEndpoint? {
    get { json.field("kubeletEndpoint") }
    set { json.setField("kubeletEndpoint", newValue) }
  }
}
