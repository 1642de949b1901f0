/// `EphemeralContainerCommon` of `core.v1`.
public struct EphemeralContainerCommon: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var image: String? {
    get { json.field("image") }
    set { json.setField("image", newValue) }
  }

  public var command: [String] {
    get { json.field("command") }
    set { json.setField("command", newValue) }
  }

  public var args: [String] {
    get { json.field("args") }
    set { json.setField("args", newValue) }
  }

  public var workingDir: String? {
    get { json.field("workingDir") }
    set { json.setField("workingDir", newValue) }
  }

  public var ports: [ContainerPort] {
    get { json.field("ports") }
    set { json.setField("ports", newValue) }
  }

  public var envFrom: [EnvFromSource] {
    get { json.field("envFrom") }
    set { json.setField("envFrom", newValue) }
  }

  public var env: [EnvVar] {
    get { json.field("env") }
    set { json.setField("env", newValue) }
  }

  public var resources: ResourceRequirements? {
    get { json.field("resources") }
    set { json.setField("resources", newValue) }
  }

  public var resizePolicy: [ContainerResizePolicy] {
    get { json.field("resizePolicy") }
    set { json.setField("resizePolicy", newValue) }
  }

  public var restartPolicy: String? {
    get { json.field("restartPolicy") }
    set { json.setField("restartPolicy", newValue) }
  }

  public var restartPolicyRules: [ContainerRestartRule] {
    get { json.field("restartPolicyRules") }
    set { json.setField("restartPolicyRules", newValue) }
  }

  public var volumeMounts: [VolumeMount] {
    get { json.field("volumeMounts") }
    set { json.setField("volumeMounts", newValue) }
  }

  public var volumeDevices: [VolumeDevice] {
    get { json.field("volumeDevices") }
    set { json.setField("volumeDevices", newValue) }
  }

  public var livenessProbe: Probe? {
    get { json.field("livenessProbe") }
    set { json.setField("livenessProbe", newValue) }
  }

  public var readinessProbe: Probe? {
    get { json.field("readinessProbe") }
    set { json.setField("readinessProbe", newValue) }
  }

  public var startupProbe: Probe? {
    get { json.field("startupProbe") }
    set { json.setField("startupProbe", newValue) }
  }

  public var lifecycle: Lifecycle? {
    get { json.field("lifecycle") }
    set { json.setField("lifecycle", newValue) }
  }

  public var terminationMessagePath: String? {
    get { json.field("terminationMessagePath") }
    set { json.setField("terminationMessagePath", newValue) }
  }

  public var terminationMessagePolicy: String? {
    get { json.field("terminationMessagePolicy") }
    set { json.setField("terminationMessagePolicy", newValue) }
  }

  public var imagePullPolicy: String? {
    get { json.field("imagePullPolicy") }
    set { json.setField("imagePullPolicy", newValue) }
  }

  public var securityContext: SecurityContext? {
    get { json.field("securityContext") }
    set { json.setField("securityContext", newValue) }
  }

  public var stdin: Bool? {
    get { json.field("stdin") }
    set { json.setField("stdin", newValue) }
  }

  public var stdinOnce: Bool? {
    get { json.field("stdinOnce") }
    set { json.setField("stdinOnce", newValue) }
  }

  public var tty: Bool? {
    get { json.field("tty") }
    set { json.setField("tty", newValue) }
  }
}
