/// `ContainerResizePolicy` of `core.v1`.
public struct ContainerResizePolicy: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var resourceName: String? {
    get { json.field("resourceName") }
    set { json.setField("resourceName", newValue) }
  }

  public var restartPolicy: String? {
    get { json.field("restartPolicy") }
    set { json.setField("restartPolicy", newValue) }
  }
}
