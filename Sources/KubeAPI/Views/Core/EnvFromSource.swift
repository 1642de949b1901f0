/// `EnvFromSource` of `core.v1`.
public struct EnvFromSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var prefix: String? {
    get { json.field("prefix") }
    set { json.setField("prefix", newValue) }
  }

  public var configMapRef: ConfigMapEnvSource? {
    get { json.field("configMapRef") }
    set { json.setField("configMapRef", newValue) }
  }

  public var secretRef: SecretEnvSource? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }
}
