/// `FCVolumeSource` of `core.v1`.
public struct FCVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var targetWWNs: [String] {
    get { json.field("targetWWNs") }
    set { json.setField("targetWWNs", newValue) }
  }

  public var lun: Int32? {
    get { json.field("lun") }
    set { json.setField("lun", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var wwids: [String] {
    get { json.field("wwids") }
    set { json.setField("wwids", newValue) }
  }
}
