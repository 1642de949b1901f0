/// `ImageVolumeSource` of `core.v1`.
public struct ImageVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var reference: String? {
    get { json.field("reference") }
    set { json.setField("reference", newValue) }
  }

  public var pullPolicy: String? {
    get { json.field("pullPolicy") }
    set { json.setField("pullPolicy", newValue) }
  }
}
