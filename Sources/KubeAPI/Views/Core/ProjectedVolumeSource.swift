/// `ProjectedVolumeSource` of `core.v1`.
public struct ProjectedVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var sources: [VolumeProjection] {
    get { json.field("sources") }
    set { json.setField("sources", newValue) }
  }

  public var defaultMode: Int32? {
    get { json.field("defaultMode") }
    set { json.setField("defaultMode", newValue) }
  }
}
