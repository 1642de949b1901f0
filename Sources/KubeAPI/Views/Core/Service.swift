/// `Service` of `core.v1`.
public struct Service: KubeObject {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public static let resource = GroupVersionResource(
    group: "", version: "v1", resource: "services", kind: "Service",
    isNamespaced: true)

  public var spec: ServiceSpec {
    get { json.field("spec") }
    set { json.setField("spec", newValue) }
  }

  public var status: ServiceStatus {
    get { json.field("status") }
    set { json.setField("status", newValue) }
  }
}
