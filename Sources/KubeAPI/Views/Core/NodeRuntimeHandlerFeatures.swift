/// `NodeRuntimeHandlerFeatures` of `core.v1`.
public struct NodeRuntimeHandlerFeatures: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var recursiveReadOnlyMounts: Bool? {
    get { json.field("recursiveReadOnlyMounts") }
    set { json.setField("recursiveReadOnlyMounts", newValue) }
  }

  public var userNamespaces: Bool? {
    get { json.field("userNamespaces") }
    set { json.setField("userNamespaces", newValue) }
  }
}
