/// `EnvVarSource` of `core.v1`.
public struct EnvVarSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var fieldRef: ObjectFieldSelector? {
    get { json.field("fieldRef") }
    set { json.setField("fieldRef", newValue) }
  }

  public var resourceFieldRef: ResourceFieldSelector? {
    get { json.field("resourceFieldRef") }
    set { json.setField("resourceFieldRef", newValue) }
  }

  public var configMapKeyRef: ConfigMapKeySelector? {
    get { json.field("configMapKeyRef") }
    set { json.setField("configMapKeyRef", newValue) }
  }

  public var secretKeyRef: SecretKeySelector? {
    get { json.field("secretKeyRef") }
    set { json.setField("secretKeyRef", newValue) }
  }

  public var fileKeyRef: FileKeySelector? {
    get { json.field("fileKeyRef") }
    set { json.setField("fileKeyRef", newValue) }
  }
}
