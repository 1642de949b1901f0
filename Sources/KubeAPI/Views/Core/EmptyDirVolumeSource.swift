/// `EmptyDirVolumeSource` of `core.v1`.
public struct EmptyDirVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var medium: String? {
    get { json.field("medium") }
    set { json.setField("medium", newValue) }
  }

  public var sizeLimit: Quantity? {
    get { json.field("sizeLimit") }
    set { json.setField("sizeLimit", newValue) }
  }
}
