/// `PodSpec` of `core.v1`.
public struct PodSpec: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var volumes: [Volume] {
    get { json.field("volumes") }
    set { json.setField("volumes", newValue) }
  }

  public var initContainers: [Container] {
    get { json.field("initContainers") }
    set { json.setField("initContainers", newValue) }
  }

  public var containers: [Container] {
    get { json.field("containers") }
    set { json.setField("containers", newValue) }
  }

  public var ephemeralContainers: [EphemeralContainer] {
    get { json.field("ephemeralContainers") }
    set { json.setField("ephemeralContainers", newValue) }
  }

  public var restartPolicy: String? {
    get { json.field("restartPolicy") }
    set { json.setField("restartPolicy", newValue) }
  }

  public var terminationGracePeriodSeconds: Int64? {
    get { json.field("terminationGracePeriodSeconds") }
    set { json.setField("terminationGracePeriodSeconds", newValue) }
  }

  public var activeDeadlineSeconds: Int64? {
    get { json.field("activeDeadlineSeconds") }
    set { json.setField("activeDeadlineSeconds", newValue) }
  }

  public var dnsPolicy: String? {
    get { json.field("dnsPolicy") }
    set { json.setField("dnsPolicy", newValue) }
  }

  public var nodeSelector: [String: String] {
    get { json.field("nodeSelector") }
    set { json.setField("nodeSelector", newValue) }
  }

  public var serviceAccountName: String? {
    get { json.field("serviceAccountName") }
    set { json.setField("serviceAccountName", newValue) }
  }

  public var serviceAccount: String? {
    get { json.field("serviceAccount") }
    set { json.setField("serviceAccount", newValue) }
  }

  public var automountServiceAccountToken: Bool? {
    get { json.field("automountServiceAccountToken") }
    set { json.setField("automountServiceAccountToken", newValue) }
  }

  public var nodeName: String? {
    get { json.field("nodeName") }
    set { json.setField("nodeName", newValue) }
  }

  public var hostNetwork: Bool? {
    get { json.field("hostNetwork") }
    set { json.setField("hostNetwork", newValue) }
  }

  public var hostPID: Bool? {
    get { json.field("hostPID") }
    set { json.setField("hostPID", newValue) }
  }

  public var hostIPC: Bool? {
    get { json.field("hostIPC") }
    set { json.setField("hostIPC", newValue) }
  }

  public var shareProcessNamespace: Bool? {
    get { json.field("shareProcessNamespace") }
    set { json.setField("shareProcessNamespace", newValue) }
  }

  public var securityContext: PodSecurityContext? {
    get { json.field("securityContext") }
    set { json.setField("securityContext", newValue) }
  }

  public var imagePullSecrets: [LocalObjectReference] {
    get { json.field("imagePullSecrets") }
    set { json.setField("imagePullSecrets", newValue) }
  }

  public var hostname: String? {
    get { json.field("hostname") }
    set { json.setField("hostname", newValue) }
  }

  public var subdomain: String? {
    get { json.field("subdomain") }
    set { json.setField("subdomain", newValue) }
  }

  public var affinity: Affinity? {
    get { json.field("affinity") }
    set { json.setField("affinity", newValue) }
  }

  public var schedulerName: String? {
    get { json.field("schedulerName") }
    set { json.setField("schedulerName", newValue) }
  }

  public var tolerations: [Toleration] {
    get { json.field("tolerations") }
    set { json.setField("tolerations", newValue) }
  }

  public var hostAliases: [HostAlias] {
    get { json.field("hostAliases") }
    set { json.setField("hostAliases", newValue) }
  }

  public var priorityClassName: String? {
    get { json.field("priorityClassName") }
    set { json.setField("priorityClassName", newValue) }
  }

  public var priority: Int32? {
    get { json.field("priority") }
    set { json.setField("priority", newValue) }
  }

  public var dnsConfig: PodDNSConfig? {
    get { json.field("dnsConfig") }
    set { json.setField("dnsConfig", newValue) }
  }

  public var readinessGates: [PodReadinessGate] {
    get { json.field("readinessGates") }
    set { json.setField("readinessGates", newValue) }
  }

  public var runtimeClassName: String? {
    get { json.field("runtimeClassName") }
    set { json.setField("runtimeClassName", newValue) }
  }

  public var enableServiceLinks: Bool? {
    get { json.field("enableServiceLinks") }
    set { json.setField("enableServiceLinks", newValue) }
  }

  public var preemptionPolicy: String? {
    get { json.field("preemptionPolicy") }
    set { json.setField("preemptionPolicy", newValue) }
  }

  public var overhead: [String: Quantity] {
    get { json.field("overhead") }
    set { json.setField("overhead", newValue) }
  }

  public var topologySpreadConstraints: [TopologySpreadConstraint] {
    get { json.field("topologySpreadConstraints") }
    set { json.setField("topologySpreadConstraints", newValue) }
  }

  public var setHostnameAsFQDN: Bool? {
    get { json.field("setHostnameAsFQDN") }
    set { json.setField("setHostnameAsFQDN", newValue) }
  }

  public var os: PodOS? {
    get { json.field("os") }
    set { json.setField("os", newValue) }
  }

  public var hostUsers: Bool? {
    get { json.field("hostUsers") }
    set { json.setField("hostUsers", newValue) }
  }

  public var schedulingGates: [PodSchedulingGate] {
    get { json.field("schedulingGates") }
    set { json.setField("schedulingGates", newValue) }
  }

  public var resourceClaims: [PodResourceClaim] {
    get { json.field("resourceClaims") }
    set { json.setField("resourceClaims", newValue) }
  }

  public var resources: ResourceRequirements? {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var hostnameOverride: String? {
    get { json.field("hostnameOverride") }
    set { json.setField("hostnameOverride", newValue) }
  }

  public var schedulingGroup: PodSchedulingGroup? {
    get { json.field("schedulingGroup") }
    set { json.setField("schedulingGroup", newValue) }
  }
}
