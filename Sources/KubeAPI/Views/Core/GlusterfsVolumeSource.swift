/// `GlusterfsVolumeSource` of `core.v1`.
public struct GlusterfsVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var endpoints: String? {
    get { json.field("endpoints") }
    set { json.setField("endpoints", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
