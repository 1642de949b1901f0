/// `EnvVar` of `core.v1`.
public struct EnvVar: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var value: String? {
    get { json.field("value") }
    set { json.setField("value", newValue) }
  }

  public var valueFrom: EnvVarSource? {
    get { json.field("valueFrom") }
    set { json.setField("valueFrom", newValue) }
  }
}
