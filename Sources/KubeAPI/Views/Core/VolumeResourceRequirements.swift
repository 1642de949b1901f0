/// `VolumeResourceRequirements` of `core.v1`.
public struct VolumeResourceRequirements: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var limits: [String: Quantity] {
    get { json.field("limits") }
    set { json.setField("limits", newValue) }
  }

  public var requests: [String: Quantity] {
    get { json.field("requests") }
    set { json.setField("requests", newValue) }
  }
}
