/// `ContainerPort` of `core.v1`.
public struct ContainerPort: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var hostPort: Int32? {
    get { json.field("hostPort") }
    set { json.setField("hostPort", newValue) }
  }

  public var containerPort: Int32? {
    get { json.field("containerPort") }
    set { json.setField("containerPort", newValue) }
  }

  public var `protocol`: String? {
    get { json.field("protocol") }
    set { json.setField("protocol", newValue) }
  }

  public var hostIP: String? {
    get { json.field("hostIP") }
    set { json.setField("hostIP", newValue) }
  }
}
