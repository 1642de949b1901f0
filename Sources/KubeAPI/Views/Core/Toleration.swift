/// `Toleration` of `core.v1`.
public struct Toleration: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var key: String? {
    get { json.field("key") }
    set { json.setField("key", newValue) }
  }

  public var `operator`: String? {
    get { json.field("operator") }
    set { json.setField("operator", newValue) }
  }

  public var value: String? {
    get { json.field("value") }
    set { json.setField("value", newValue) }
  }

  public var effect: String? {
    get { json.field("effect") }
    set { json.setField("effect", newValue) }
  }

  public var tolerationSeconds: Int64? {
    get { json.field("tolerationSeconds") }
    set { json.setField("tolerationSeconds", newValue) }
  }
}
