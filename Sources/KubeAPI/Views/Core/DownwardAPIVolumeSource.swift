/// `DownwardAPIVolumeSource` of `core.v1`.
public struct DownwardAPIVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var items: [DownwardAPIVolumeFile] {
    get { json.field("items") }
    set { json.setField("items", newValue) }
  }

  public var defaultMode: Int32? {
    get { json.field("defaultMode") }
    set { json.setField("defaultMode", newValue) }
  }
}
