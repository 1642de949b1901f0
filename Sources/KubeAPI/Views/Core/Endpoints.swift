/// `Endpoints` of `core.v1`.
public struct Endpoints: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "endpoints", kind: "Endpoints",
    isNamespaced: true)

  public var subsets: [EndpointSubset] {
    get { json.field("subsets") }
    set { json.setField("subsets", newValue) }
  }
}
