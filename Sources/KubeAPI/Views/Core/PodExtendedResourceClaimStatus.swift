/// `PodExtendedResourceClaimStatus` of `core.v1`.
public struct PodExtendedResourceClaimStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var requestMappings: [ContainerExtendedResourceRequest] {
    get { json.field("requestMappings") }
    set { json.setField("requestMappings", newValue) }
  }

  public var resourceClaimName: String? {
    get { json.field("resourceClaimName") }
    set { json.setField("resourceClaimName", newValue) }
  }
}
