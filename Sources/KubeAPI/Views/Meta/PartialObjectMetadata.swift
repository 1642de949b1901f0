/// `PartialObjectMetadata` of `meta.v1`.
public struct PartialObjectMetadata: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var metadata: ObjectMeta {
    get { json.field("metadata") }
    set { json.setField("metadata", newValue) }
  }
}
