/// `APIResource` of `meta.v1`.
public struct APIResource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var singularName: String? {
    get { json.field("singularName") }
    set { json.setField("singularName", newValue) }
  }

  public var namespaced: Bool? {
    get { json.field("namespaced") }
    set { json.setField("namespaced", newValue) }
  }

  public var group: String? {
    get { json.field("group") }
    set { json.setField("group", newValue) }
  }

  public var version: String? {
    get { json.field("version") }
    set { json.setField("version", newValue) }
  }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

  public var verbs: [String] {
    get { json.field("verbs") }
    set { json.setField("verbs", newValue) }
  }

  public var shortNames: [String] {
    get { json.field("shortNames") }
    set { json.setField("shortNames", newValue) }
  }

  public var categories: [String] {
    get { json.field("categories") }
    set { json.setField("categories", newValue) }
  }

  public var storageVersionHash: String? {
    get { json.field("storageVersionHash") }
    set { json.setField("storageVersionHash", newValue) }
  }
}
