/// `SecurityContext` of `core.v1`.
public struct SecurityContext: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var capabilities: Capabilities? {
    get { json.field("capabilities") }
    set { json.setField("capabilities", newValue) }
  }

  public var privileged: Bool? {
    get { json.field("privileged") }
    set { json.setField("privileged", newValue) }
  }

  public var seLinuxOptions: SELinuxOptions? {
    get { json.field("seLinuxOptions") }
    set { json.setField("seLinuxOptions", newValue) }
  }

  public var windowsOptions: WindowsSecurityContextOptions? {
    get { json.field("windowsOptions") }
    set { json.setField("windowsOptions", newValue) }
  }

  public var runAsUser: Int64? {
    get { json.field("runAsUser") }
    set { json.setField("runAsUser", newValue) }
  }

  public var runAsGroup: Int64? {
    get { json.field("runAsGroup") }
    set { json.setField("runAsGroup", newValue) }
  }

  public var runAsNonRoot: Bool? {
    get { json.field("runAsNonRoot") }
    set { json.setField("runAsNonRoot", newValue) }
  }

  public var readOnlyRootFilesystem: Bool? {
    get { json.field("readOnlyRootFilesystem") }
    set { json.setField("readOnlyRootFilesystem", newValue) }
  }

  public var allowPrivilegeEscalation: Bool? {
    get { json.field("allowPrivilegeEscalation") }
    set { json.setField("allowPrivilegeEscalation", newValue) }
  }

  public var procMount: String? {
    get { json.field("procMount") }
    set { json.setField("procMount", newValue) }
  }

  public var seccompProfile: SeccompProfile? {
    get { json.field("seccompProfile") }
    set { json.setField("seccompProfile", newValue) }
  }

  public var appArmorProfile: AppArmorProfile? {
    get { json.field("appArmorProfile") }
    set { json.setField("appArmorProfile", newValue) }
  }
}
