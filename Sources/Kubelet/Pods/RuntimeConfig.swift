import KubeAPI

/// Makes what the runtime is told of a pod and its containers: pure functions of the pod.
enum RuntimeConfig {
  struct Node: Sendable {
    var cgroupRoot: String
    var capacity: Int64
    var lowestOOMScore: Int64
    var clusterDNS: [String]
    var clusterDomain: String
    var hostNames: NameResolution
    var nodeHostname: String
  }

  static func labels(_ pod: Pod) -> [String: String] {
    [
      RuntimeLabel.podName: pod.metadata.name ?? "", RuntimeLabel.podNamespace: pod.metadata.namespace ?? "",
      RuntimeLabel.podUID: pod.metadata.uid ?? "",
    ]
  }

  static func cgroupPath(_ pod: Pod) -> String {
    QoSClass(of: pod.spec).cgroupPath + "/pod" + (pod.metadata.uid ?? "")
  }

  static func sandbox(
    _ pod: Pod, attempt: UInt32, node: Node, directories: PodDirectories
  ) -> CRIPodSandboxConfig {
    let spec = pod.spec
    var config = CRIPodSandboxConfig()
    config.metadata.name = pod.metadata.name ?? ""
    config.metadata.uid = pod.metadata.uid ?? ""
    config.metadata.namespace = pod.metadata.namespace ?? ""
    config.metadata.attempt = attempt
    config.labels = pod.metadata.labels.merging(labels(pod)) { _, ours in ours }
    // The runtime reads some itself: the pod's bandwidth is in kubernetes.io/ingress-bandwidth and egress-bandwidth.
    config.annotations = pod.metadata.annotations.merging([
      RuntimeLabel.gracePeriod: String(spec.terminationGracePeriodSeconds ?? 30)
    ]) { _, ours in ours }
    config.logDirectory = directories.logs
    config.hostname = spec.hostNetwork == true ? node.nodeHostname : NameResolution.hostname(pod)
    let names = NameResolution(
      spec, namespace: pod.metadata.namespace ?? "", clusterDNS: node.clusterDNS, domain: node.clusterDomain,
      host: node.hostNames)
    config.dnsConfig.servers = names.servers
    config.dnsConfig.searches = names.searches
    config.dnsConfig.options = names.options
    for port in (spec.containers + spec.initContainers).flatMap(\.ports) where (port.hostPort ?? 0) > 0 {
      var mapping = CRIPortMapping()
      mapping.containerPort = port.containerPort ?? 0
      mapping.hostPort = port.hostPort ?? 0
      mapping.hostIp = port.hostIP ?? ""
      mapping.protocol = port.protocol == "UDP" ? .udp : port.protocol == "SCTP" ? .sctp : .tcp
      if spec.hostNetwork != true { config.portMappings.append(mapping) }
    }
    config.linux.cgroupParent = node.cgroupRoot + cgroupPath(pod)
    config.linux.securityContext.namespaceOptions = namespaces(spec)
    config.linux.securityContext.privileged = (spec.containers + spec.initContainers).contains {
      $0.securityContext?.privileged == true
    }
    let security = spec.securityContext
    if let group = security?.fsGroup { config.linux.securityContext.supplementalGroups.append(group) }
    config.linux.securityContext.supplementalGroups += security?.supplementalGroups ?? []
    if let user = security?.runAsUser { config.linux.securityContext.runAsUser.value = user }
    if let group = security?.runAsGroup, security?.runAsUser != nil {
      config.linux.securityContext.runAsGroup.value = group
    }
    config.linux.securityContext.seccomp.profileType = .unconfined
    for sysctl in security?.sysctls ?? [] { config.linux.sysctls[sysctl.name ?? ""] = sysctl.value ?? "" }
    return config
  }

  static func namespaces(_ spec: PodSpec) -> CRINamespaceOption {
    var options = CRINamespaceOption()
    options.network = spec.hostNetwork == true ? .node : .pod
    options.pid = spec.hostPID == true ? .node : spec.shareProcessNamespace == true ? .pod : .container
    options.ipc = spec.hostIPC == true ? .node : .pod
    return options
  }

  /// What is decided about a container outside of its spec.
  struct ContainerInputs {
    var attempt: UInt32
    var imageRef: String
    var environment: [(name: String, value: String)]
    var mounts: [CRIMount]
    /// The user that the image names, where it does by number.
    var imageUser: Int64?
    var imageUserName: String
  }

  /// - Throws: ``KubeletError`` in the words of the container's waiting message.
  static func container(
    _ container: Container, of pod: Pod, node: Node, _ inputs: ContainerInputs
  ) throws -> CRIContainerConfig {
    let name = container.name ?? ""
    var values: [String: String] = [:]
    for (name, value) in inputs.environment { values[name] = value }
    var config = CRIContainerConfig()
    config.metadata.name = name
    config.metadata.attempt = inputs.attempt
    config.image.image = inputs.imageRef
    config.command = container.command.map { Expansion.expand($0, values) }
    config.args = container.args.map { Expansion.expand($0, values) }
    config.workingDir = container.workingDir ?? ""
    config.envs = inputs.environment.map { variable in
      var pair = CRIKeyValue()
      pair.key = variable.name
      pair.value.append(contentsOf: variable.value.utf8)
      return pair
    }
    config.mounts = inputs.mounts
    config.labels = labels(pod).merging([RuntimeLabel.containerName: name]) { _, new in new }
    config.annotations = [
      RuntimeLabel.gracePeriod: String(pod.spec.terminationGracePeriodSeconds ?? 30),
      RuntimeLabel.restartCount: String(inputs.attempt), RuntimeLabel.hash: ContainerHash.of(container),
      RuntimeLabel.terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
      RuntimeLabel.terminationMessagePolicy: container.terminationMessagePolicy ?? "File",
    ]
    config.logPath = "\(name)/\(inputs.attempt).log"
    config.stdin = container.stdin ?? false
    config.stdinOnce = container.stdinOnce ?? false
    config.tty = container.tty ?? false
    config.linux.resources = ContainerResources.linux(
      container, qos: QoSClass(of: pod.spec), capacity: node.capacity, lowest: node.lowestOOMScore)
    config.linux.securityContext = try security(container, of: pod, inputs)
    return config
  }

  private static func security(
    _ container: Container, of pod: Pod, _ inputs: ContainerInputs
  ) throws -> CRILinuxContainerSecurityContext {
    let own = container.securityContext
    let shared = pod.spec.securityContext
    var context = CRILinuxContainerSecurityContext()
    context.namespaceOptions = namespaces(pod.spec)
    context.privileged = own?.privileged ?? false
    context.readonlyRootfs = own?.readOnlyRootFilesystem ?? false
    let user = own?.runAsUser ?? shared?.runAsUser
    if let user {
      context.runAsUser.value = user
    } else if let imageUser = inputs.imageUser {
      context.runAsUser.value = imageUser
    } else {
      context.runAsUsername = inputs.imageUserName
    }
    if let group = own?.runAsGroup ?? shared?.runAsGroup {
      // The runtime takes a group only together with a user.
      if user == nil && inputs.imageUser == nil && inputs.imageUserName.isEmpty { context.runAsUser.value = 0 }
      context.runAsGroup.value = group
    }
    if own?.runAsNonRoot ?? shared?.runAsNonRoot ?? false {
      let name = "\(pod.metadata.name ?? "")_\(pod.metadata.namespace ?? "")(\(pod.metadata.uid ?? ""))"
      let what = "(pod: \"\(name)\", container: \(container.name ?? ""))"
      if user == 0 { throw KubeletError("container's runAsUser breaks non-root policy \(what)") }
      if user == nil, inputs.imageUser == nil, !inputs.imageUserName.isEmpty {
        throw KubeletError(
          "container has runAsNonRoot and image has non-numeric user (\(inputs.imageUserName)), cannot verify user is non-root \(what)"
        )
      }
      if user == nil, (inputs.imageUser ?? 0) == 0 {
        throw KubeletError("container has runAsNonRoot and image will run as root \(what)")
      }
    }
    if let group = shared?.fsGroup { context.supplementalGroups.append(group) }
    context.supplementalGroups += shared?.supplementalGroups ?? []
    context.capabilities.addCapabilities = own?.capabilities?.add ?? []
    context.capabilities.dropCapabilities = own?.capabilities?.drop ?? []
    context.noNewPrivs = own?.allowPrivilegeEscalation == false
    let profile = own?.seccompProfile ?? shared?.seccompProfile
    switch profile?.type {
    case "RuntimeDefault": context.seccomp.profileType = .runtimeDefault
    case "Localhost":
      context.seccomp.profileType = .localhost
      context.seccomp.localhostRef = profile?.localhostProfile ?? ""
    default: context.seccomp.profileType = .unconfined
    }
    if own?.procMount != "Unmasked" && !context.privileged {
      context.maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
      ]
      context.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    }
    return context
  }
}
