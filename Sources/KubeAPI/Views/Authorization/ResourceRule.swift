/// `ResourceRule` of `authorization.v1`.
public struct ResourceRule: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var verbs: [String] {
    get { json.field("verbs") }
    set { json.setField("verbs", newValue) }
  }

  public var apiGroups: [String] {
    get { json.field("apiGroups") }
    set { json.setField("apiGroups", newValue) }
  }

  public var resources: [String] {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var resourceNames: [String] {
    get { json.field("resourceNames") }
    set { json.setField("resourceNames", newValue) }
  }
}
