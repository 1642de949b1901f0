/// `NodeAllocatableResourceClaimStatus` of `core.v1`.
public struct NodeAllocatableResourceClaimStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceClaimName: String? {
    get { json.field("resourceClaimName") }
    set { json.setField("resourceClaimName", newValue) }
  }

  public var containers: [String] {
    get { json.field("containers") }
    set { json.setField("containers", newValue) }
  }

  public var resources: [String: Quantity] {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }
}
