/// `ObjectMeta` of `meta.v1`.
public struct ObjectMeta: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var generateName: String? {
    get { json.field("generateName") }
    set { json.setField("generateName", newValue) }
  }

  public var namespace: String? {
    get { json.field("namespace") }
    set { json.setField("namespace", newValue) }
  }

  public var selfLink: String? {
    get { json.field("selfLink") }
    set { json.setField("selfLink", newValue) }
  }

  public var uid: String? {
    get { json.field("uid") }
    set { json.setField("uid", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }

  public var generation: Int64? {
    get { json.field("generation") }
    set { json.setField("generation", newValue) }
  }

  public var creationTimestamp: Time? {
    get { json.field("creationTimestamp") }
    set { json.setField("creationTimestamp", newValue) }
  }

  public var deletionTimestamp: Time? {
    get { json.field("deletionTimestamp") }
    set { json.setField("deletionTimestamp", newValue) }
  }

  public var deletionGracePeriodSeconds: Int64? {
    get { json.field("deletionGracePeriodSeconds") }
    set { json.setField("deletionGracePeriodSeconds", newValue) }
  }

  public var labels: [String: String] {
    get { json.field("labels") }
    set { json.setField("labels", newValue) }
  }

  public var annotations: [String: String] {
    get { json.field("annotations") }
    set { json.setField("annotations", newValue) }
  }

  public var ownerReferences: [OwnerReference] {
    get { json.field("ownerReferences") }
    set { json.setField("ownerReferences", newValue) }
  }

  public var finalizers: [String] {
    get { json.field("finalizers") }
    set { json.setField("finalizers", newValue) }
  }

  public var managedFields: [ManagedFieldsEntry] {
    get { json.field("managedFields") }
    set { json.setField("managedFields", newValue) }
  }
}
