/// `NodeConfigSource` of `core.v1`.
public struct NodeConfigSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var configMap: ConfigMapNodeConfigSource? {
    get { json.field("configMap") }
    set { json.setField("configMap", newValue) }
  }
}
