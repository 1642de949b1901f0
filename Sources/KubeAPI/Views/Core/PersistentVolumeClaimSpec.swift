/// `PersistentVolumeClaimSpec` of `core.v1`.
public struct PersistentVolumeClaimSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var accessModes: [String] {
    get { json.field("accessModes") }
    set { json.setField("accessModes", newValue) }
  }

  public var selector: LabelSelector? {
    get { json.field("selector") }
    set { json.setField("selector", newValue) }
  }

  public var resources: VolumeResourceRequirements? {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var volumeName: String? {
    get { json.field("volumeName") }
    set { json.setField("volumeName", newValue) }
  }

  public var storageClassName: String? {
    get { json.field("storageClassName") }
    set { json.setField("storageClassName", newValue) }
  }

  public var volumeMode: String? {
    get { json.field("volumeMode") }
    set { json.setField("volumeMode", newValue) }
  }

  public var dataSource: TypedLocalObjectReference? {
    get { json.field("dataSource") }
    set { json.setField("dataSource", newValue) }
  }

  public var dataSourceRef: TypedObjectReference? {
    get { json.field("dataSourceRef") }
    set { json.setField("dataSourceRef", newValue) }
  }

  public var volumeAttributesClassName: String? {
    get { json.field("volumeAttributesClassName") }
    set { json.setField("volumeAttributesClassName", newValue) }
  }
}
