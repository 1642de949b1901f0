/// `Eviction` of `policy.v1`.
public struct Eviction: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }

  public var deleteOptions: DeleteOptions? {
    get { json.field("deleteOptions") }
    set { json.setField("deleteOptions", newValue) }
  }
}
