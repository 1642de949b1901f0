/// `EndpointSlice` of `discovery.v1`.
public struct EndpointSlice: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "discovery.k8s.io", version: "v1", resource: "endpointslices", kind: "EndpointSlice",
    isNamespaced: true)

  public var addressType: String? {
    get { json.field("addressType") }
    set { json.setField("addressType", newValue) }
  }

  public var endpoints: [Endpoint] {
    get { json.field("endpoints") }
    set { json.setField("endpoints", newValue) }
  }

  public var ports: [DiscoveryEndpointPort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }
}
