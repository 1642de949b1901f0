/// `NonResourceRule` of `authorization.v1`.
public struct NonResourceRule: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var verbs: [String] {
    get { json.field("verbs") }
    set { json.setField("verbs", newValue) }
  }

  public var nonResourceURLs: [String] {
    get { json.field("nonResourceURLs") }
    set { json.setField("nonResourceURLs", newValue) }
  }
}
