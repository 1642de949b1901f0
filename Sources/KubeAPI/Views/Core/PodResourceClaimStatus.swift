/// `PodResourceClaimStatus` of `core.v1`.
public struct PodResourceClaimStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var resourceClaimName: String? {
    get { json.field("resourceClaimName") }
    set { json.setField("resourceClaimName", newValue) }
  }
}
