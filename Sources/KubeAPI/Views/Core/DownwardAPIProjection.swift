/// `DownwardAPIProjection` of `core.v1`.
public struct DownwardAPIProjection: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var items: [DownwardAPIVolumeFile] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }
}
