/// `ContainerExtendedResourceRequest` of `core.v1`.
public struct ContainerExtendedResourceRequest: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var containerName: String? {
    get { json.field("containerName") }
    set { json.setField("containerName", newValue) }
  }

  public var resourceName: String? {
    get { json.field("resourceName") }
    set { json.setField("resourceName", newValue) }
  }

  public var requestName: String? {
    get { json.field("requestName") }
    set { json.setField("requestName", newValue) }
  }
}
