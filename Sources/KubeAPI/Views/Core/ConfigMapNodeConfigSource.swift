/// `ConfigMapNodeConfigSource` of `core.v1`.
public struct ConfigMapNodeConfigSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var namespace: String? {
    get { json.field("namespace") }
    set { json.setField("namespace", newValue) }
  }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }

  public var kubeletConfigKey: String? {
    get { json.field("kubeletConfigKey") }
    set { json.setField("kubeletConfigKey", newValue) }
  }
}
