/// `ISCSIVolumeSource` of `core.v1`.
public struct ISCSIVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var targetPortal: String? {
    get { json.field("targetPortal") }
    set { json.setField("targetPortal", newValue) }
  }

  public var iqn: String? {
    get { json.field("iqn") }
    set { json.setField("iqn", newValue) }
  }

  public var lun: Int32? {
    get { json.field("lun") }
    set { json.setField("lun", newValue) }
  }

  public var iscsiInterface: String? {
    get { json.field("iscsiInterface") }
    set { json.setField("iscsiInterface", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var portals: [String] {
    get { json.field("portals") }
    set { json.setField("portals", newValue) }
  }

  public var chapAuthDiscovery: Bool? {
    get { json.field("chapAuthDiscovery") }
    set { json.setField("chapAuthDiscovery", newValue) }
  }

  public var chapAuthSession: Bool? {
    get { json.field("chapAuthSession") }
    set { json.setField("chapAuthSession", newValue) }
  }

  public var secretRef: LocalObjectReference? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }

  public var initiatorName: String? {
    get { json.field("initiatorName") }
    set { json.setField("initiatorName", newValue) }
  }
}
