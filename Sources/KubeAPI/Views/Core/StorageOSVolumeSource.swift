/// `StorageOSVolumeSource` of `core.v1`.
public struct StorageOSVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumeName: String? {
    get { json.field("volumeName") }
    set { json.setField("volumeName", newValue) }
  }

  public var volumeNamespace: String? {
    get { json.field("volumeNamespace") }
    set { json.setField("volumeNamespace", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var secretRef: LocalObjectReference? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }
}
