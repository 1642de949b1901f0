/// `PodProxyOptions` of `core.v1`.
public struct PodProxyOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }
}
