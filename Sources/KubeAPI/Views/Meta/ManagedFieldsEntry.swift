/// `ManagedFieldsEntry` of `meta.v1`.
public struct ManagedFieldsEntry: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var manager: String? {
    get { json.field("manager") }
    set { json.setField("manager", newValue) }
  }

  public var operation: String? {
    get { json.field("operation") }
    set { json.setField("operation", newValue) }
  }

  public var apiVersion: String? {
    get { json.field("apiVersion") }
    set { json.setField("apiVersion", newValue) }
  }

  public var time: Time? {
    get { json.field("time") }
    set { json.setField("time", newValue) }
  }

  public var fieldsType: String? {
    get { json.field("fieldsType") }
    set { json.setField("fieldsType", newValue) }
  }

  public var fieldsV1: JSONValue? {
    get { json.field("fieldsV1") }
    set { json.setField("fieldsV1", newValue) }
  }

  public var subresource: String? {
    get { json.field("subresource") }
    set { json.setField("subresource", newValue) }
  }
}
