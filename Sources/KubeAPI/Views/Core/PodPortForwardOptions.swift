/// `PodPortForwardOptions` of `core.v1`.
public struct PodPortForwardOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var ports: [Int32] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }
}
