/// `CSIVolumeSource` of `core.v1`.
public struct CSIVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var driver: String? {
    get { json.field("driver") }
    set { json.setField("driver", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var volumeAttributes: [String: String] {
    get { json.field("volumeAttributes") }
    set { json.setField("volumeAttributes", newValue) }
  }

  public var nodePublishSecretRef: LocalObjectReference? {
    get { json.field("nodePublishSecretRef") }
    set { json.setField("nodePublishSecretRef", newValue) }
  }
}
