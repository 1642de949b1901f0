/// `Secret` of `core.v1`.
public struct Secret: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "secrets", kind: "Secret",
    isNamespaced: true)

  public var immutable: Bool? {
    get { json.field("immutable") }
    set { json.setField("immutable", newValue) }
  }

  public var data: [String: Base64Data] {
    get { json.field("data") }
    set { json.setField("data", newValue) }
  }

  public var stringData: [String: String] {
    get { json.field("stringData") }
    set { json.setField("stringData", newValue) }
  }

  public var type: String? {
    get { json.field("type") }
    set { json.setField("type", newValue) }
  }
}
