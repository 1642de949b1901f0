/// `VolumeMountStatus` of `core.v1`.
public struct VolumeMountStatus: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var mountPath: String? {
    get { json.field("mountPath") }
    set { json.setField("mountPath", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var recursiveReadOnly: String? {
    get { json.field("recursiveReadOnly") }
    set { json.setField("recursiveReadOnly", newValue) }
  }

  public var volumeStatus: VolumeStatus? {
    get { json.field("volumeStatus") }
    set { json.setField("volumeStatus", newValue) }
  }
}
