/// `ImageVolumeStatus` of `core.v1`.
public struct ImageVolumeStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var imageRef: String? {
    get { json.field("imageRef") }
    set { json.setField("imageRef", newValue) }
  }
}
