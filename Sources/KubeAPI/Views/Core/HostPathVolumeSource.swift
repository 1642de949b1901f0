/// `HostPathVolumeSource` of `core.v1`.
public struct HostPathVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }
}
