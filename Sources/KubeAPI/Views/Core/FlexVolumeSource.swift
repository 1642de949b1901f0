/// `FlexVolumeSource` of `core.v1`.
public struct FlexVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var driver: String? {
    get { json.field("driver") }
    set { json.setField("driver", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var secretRef: LocalObjectReference? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }

  public var options: [String: String] {
    get { json.field("options") }
    set { json.setField("options", newValue) }
  }
}
