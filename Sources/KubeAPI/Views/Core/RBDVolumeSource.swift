/// `RBDVolumeSource` of `core.v1`.
public struct RBDVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var monitors: [String] {
    get { json.field("monitors") }
    set { json.setField("monitors", newValue) }
  }

  public var image: String? {
    get { json.field("image") }
    set { json.setField("image", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var pool: String? {
    get { json.field("pool") }
    set { json.setField("pool", newValue) }
  }

  public var user: String? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var keyring: String? {
    get { json.field("keyring") }
    set { json.setField("keyring", newValue) }
  }

  public var secretRef: LocalObjectReference? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
