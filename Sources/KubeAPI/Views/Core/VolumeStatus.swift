/// `VolumeStatus` of `core.v1`.
public struct VolumeStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var image: ImageVolumeStatus? {
    get { json.field("image") }
    set { json.setField("image", newValue) }
  }
}
