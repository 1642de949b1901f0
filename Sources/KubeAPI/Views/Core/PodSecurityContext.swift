/// `PodSecurityContext` of `core.v1`.
public struct PodSecurityContext: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

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

  public var supplementalGroups: [Int64] {
    get { json.field("supplementalGroups") }
    set { json.setField("supplementalGroups", newValue) }
  }

  public var supplementalGroupsPolicy: String? {
    get { json.field("supplementalGroupsPolicy") }
    set { json.setField("supplementalGroupsPolicy", newValue) }
  }

  public var fsGroup: Int64? {
    get { json.field("fsGroup") }
    set { json.setField("fsGroup", newValue) }
  }

  public var sysctls: [Sysctl] {
    get { json.field("sysctls") }
    set { json.setField("sysctls", newValue) }
  }

  public var fsGroupChangePolicy: String? {
    get { json.field("fsGroupChangePolicy") }
    set { json.setField("fsGroupChangePolicy", newValue) }
  }

  public var seccompProfile: SeccompProfile? {
    get { json.field("seccompProfile") }
    set { json.setField("seccompProfile", newValue) }
  }

  public var appArmorProfile: AppArmorProfile? {
    get { json.field("appArmorProfile") }
    set { json.setField("appArmorProfile", newValue) }
  }

  public var seLinuxChangePolicy: String? {
    get { json.field("seLinuxChangePolicy") }
    set { json.setField("seLinuxChangePolicy", newValue) }
  }
}
