/// `CephFSVolumeSource` of `core.v1`.
public struct CephFSVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var monitors: [String] {
    get { json.field("monitors") }
    set { json.setField("monitors", newValue) }
  }

  public var path: String? {
    get { json.field("path") }
    set { json.setField("path", newValue) }
  }

  public var user: String? {
    get { json.field("user") }
    set { json.setField("user", newValue) }
  }

  public var secretFile: String? {
    get { json.field("secretFile") }
    set { json.setField("secretFile", newValue) }
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
