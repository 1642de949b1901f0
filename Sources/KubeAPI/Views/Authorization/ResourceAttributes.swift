/// `ResourceAttributes` of `authorization.v1`.
public struct ResourceAttributes: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var namespace: String? {
    get { json.field("namespace") }
    set { json.setField("namespace", newValue) }
  }

  public var verb: String? {
    get { json.field("verb") }
    set { json.setField("verb", newValue) }
  }

  public var group: String? {
    get { json.field("group") }
    set { json.setField("group", newValue) }
  }

  public var version: String? {
    get { json.field("version") }
    set { json.setField("version", newValue) }
  }

  public var resource: String? {
    get { json.field("resource") }
    set { json.setField("resource", newValue) }
  }

  public var subresource: String? {
    get { json.field("subresource") }
    set { json.setField("subresource", newValue) }
  }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var fieldSelector: FieldSelectorAttributes? {
    get { json.field("fieldSelector") }
    set { json.setField("fieldSelector", newValue) }
  }

  public var labelSelector: LabelSelectorAttributes? {
    get { json.field("labelSelector") }
    set { json.setField("labelSelector", newValue) }
  }
}
