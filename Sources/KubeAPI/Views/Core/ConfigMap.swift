/// `ConfigMap` of `core.v1`.
public struct ConfigMap: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "configmaps", kind: "ConfigMap",
    isNamespaced: true)

  public var immutable: Bool? {
    get { json.field("immutable") }
    set { json.setField("immutable", newValue) }
  }

  public var data: [String: String] {
    get { json.field("data") }
    set { json.setField("data", newValue) }
  }

  public var binaryData: [String: Base64Data] {
    get { json.field("binaryData") }
    set { json.setField("binaryData", newValue) }
  }
}
