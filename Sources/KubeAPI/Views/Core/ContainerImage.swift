/// `ContainerImage` of `core.v1`.
public struct ContainerImage: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var names: [String] {
    get { json.field("names") }
    set { json.setField("names", newValue) }
  }

  public var sizeBytes: Int64? {
    get { json.field("sizeBytes") }
    set { json.setField("sizeBytes", newValue) }
  }
}
