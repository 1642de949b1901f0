/// `ScaleIOVolumeSource` of `core.v1`.
public struct ScaleIOVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var gateway: String? {
    get { json.field("gateway") }
    set { json.setField("gateway", newValue) }
  }

  public var system: String? {
    get { json.field("system") }
    set { json.setField("system", newValue) }
  }

  public var secretRef: LocalObjectReference? {
    get { json.field("secretRef") }
    set { json.setField("secretRef", newValue) }
  }

  public var sslEnabled: Bool? {
    get { json.field("sslEnabled") }
    set { json.setField("sslEnabled", newValue) }
  }

  public var protectionDomain: String? {
    get { json.field("protectionDomain") }
    set { json.setField("protectionDomain", newValue) }
  }

  public var storagePool: String? {
    get { json.field("storagePool") }
    set { json.setField("storagePool", newValue) }
  }

  public var storageMode: String? {
    get { json.field("storageMode") }
    set { json.setField("storageMode", newValue) }
  }

  public var volumeName: String? {
    get { json.field("volumeName") }
    set { json.setField("volumeName", newValue) }
  }

  public var fsType: String? {
    get { json.field("fsType") }
    set { json.setField("fsType", newValue) }
  }

  public var readOnly: Bool? {
    get { json.field("readOnly") }
    set { json.setField("readOnly", newValue) }
  }
}
