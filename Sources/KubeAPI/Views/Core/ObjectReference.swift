/// `ObjectReference` of `core.v1`.
public struct ObjectReference: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

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

  public var apiVersion: String? {
    get { json.field("apiVersion") }
    set { json.setField("apiVersion", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }

  public var fieldPath: String? {
    get { json.field("fieldPath") }
    set { json.setField("fieldPath", newValue) }
  }
}
