/// `DownwardAPIVolumeFile` of `core.v1`.
public struct DownwardAPIVolumeFile: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var fieldRef: ObjectFieldSelector? {
    get { json.field("fieldRef") }
    set { json.setField("fieldRef", newValue) }
  }

  public var resourceFieldRef: ResourceFieldSelector? {
    get { json.field("resourceFieldRef") }
    set { json.setField("resourceFieldRef", newValue) }
  }

  public var mode: Int32? {
    get { json.field("mode") }
    set { json.setField("mode", newValue) }
  }
}
