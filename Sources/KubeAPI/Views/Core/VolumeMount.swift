/// `VolumeMount` of `core.v1`.
public struct VolumeMount: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var recursiveReadOnly: String? {
    get { json.field("recursiveReadOnly") }
    set { json.setField("recursiveReadOnly", newValue) }
  }

  public var mountPath: String? {
    get { json.field("mountPath") }
    set { json.setField("mountPath", newValue) }
  }

  public var subPath: String? {
    get { json.field("subPath") }
    set { json.setField("subPath", newValue) }
  }

  public var mountPropagation: String? {
    get { json.field("mountPropagation") }
    set { json.setField("mountPropagation", newValue) }
  }

  public var subPathExpr: String? {
    get { json.field("subPathExpr") }
    set { json.setField("subPathExpr", newValue) }
  }
}
