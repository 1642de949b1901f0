/// `GroupVersionForDiscovery` of `meta.v1`.
public struct GroupVersionForDiscovery: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var groupVersion: String? {
    get { json.field("groupVersion") }
    set { json.setField("groupVersion", newValue) }
  }

  public var version: String? {
    get { json.field("version") }
    set { json.setField("version", newValue) }
  }
}
