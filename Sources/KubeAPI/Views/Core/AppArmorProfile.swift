/// `AppArmorProfile` of `core.v1`.
public struct AppArmorProfile: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }

  public var localhostProfile: String? {
    get { json.field("localhostProfile") }
    set { json.setField("localhostProfile", newValue) }
  }
}
