/// `OwnerReference` of `meta.v1`.
public struct OwnerReference: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var apiVersion: String? {
    get { json.field("apiVersion") }
    set { json.setField("apiVersion", newValue) }
  }

  public var kind: String? {
    get { json.field("kind") }
    set { json.setField("kind", newValue) }
  }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var controller: Bool? {
    get { json.field("controller") }
    set { json.setField("controller", newValue) }
  }

  public var blockOwnerDeletion: Bool? {
    get { json.field("blockOwnerDeletion") }
    set { json.setField("blockOwnerDeletion", newValue) }
  }
}
