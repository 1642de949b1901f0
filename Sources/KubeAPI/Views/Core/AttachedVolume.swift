/// `AttachedVolume` of `core.v1`.
public struct AttachedVolume: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var devicePath: String? {
    get { json.field("devicePath") }
    set { json.setField("devicePath", newValue) }
  }
}
