import FoundationEssentials
import GRPCCore
import Glibc
import KubeAPI
import KubeClient
import Logging
import Telemetry

extension PodWorker {
  /// `true` where the container runs.
  func startContainer(_ name: String, _ attempt: UInt32) async -> Bool {
    guard let container = spec(of: name), let sandbox = runtime.sandbox else { return false }
    let config =
      sandboxConfig
      ?? RuntimeConfig.sandbox(pod, attempt: sandbox.attempt, node: context.node, directories: directories)
    do {
      let image = try await image(for: container, config)
      let containerConfig = try await configuration(container, attempt, image, sandbox)
      let id = try await create(container, containerConfig, sandbox.id, config)
      try await start(container, id, attempt)
      waiting[name] = nil
      retryAt[name] = nil
      return true
    } catch let failure as ImagePuller.Failure {
      wait(name, failure.reason, failure.message, retry: failure.retry)
    } catch let failure as StartFailure {
      event(.warning, "Failed", "Error: \(failure.message)", container: name)
      wait(name, failure.reason, failure.message, retry: failure.retry)
    } catch {
      if Task.isCancelled { return false }
      wait(name, "CreateContainerError", ImagePuller.text(of: error), retry: 5)
    }
    return false
  }

  struct StartFailure: Error {
    var reason: String
    var message: String
    var retry: Double
  }

  private func wait(_ name: String, _ reason: String, _ message: String, retry: Double) {
    guard !Task.isCancelled else { return }
    waiting[name] = (reason, message)
    retryAt[name] = KubeletContext.now + max(0.2, retry)
    logger.warning(
      "cannot start container", metadata: ["container": "\(name)", "reason": "\(reason)", "error": "\(message)"])
  }

  private func image(for container: Container, _ config: CRIPodSandboxConfig) async throws -> CRIImage {
    let name = container.name ?? ""
    let reference = ObjectReference(
      to: pod,
      fieldPath:
        "spec.\(pod.spec.initContainers.contains { $0.name == name } ? "initContainers" : "containers"){\(name)}")
    let recorder = context.recorder
    return try await context.puller.ensure(
      container, secrets: await pullSecrets(container.image ?? ""), sandbox: config
    ) { isWarning, reason, message in
      recorder.record(on: reference, type: isWarning ? .warning : .normal, reason: reason, message: message)
    }
  }

  /// The credentials for the image's registry among the pod's pull secrets.
  private func pullSecrets(_ image: String) async -> [CRIAuthConfig] {
    var found: [CRIAuthConfig] = []
    let registry = ImageReference.canonical(image).split(separator: "/").first.map { String($0) } ?? ""
    for reference in pod.spec.imagePullSecrets {
      let key = ObjectKey(namespace: self.key.namespace, name: reference.name ?? "")
      guard let content = await context.objects.content(.init(kind: .secret, key: key), for: uid),
        let bytes = content[".dockerconfigjson"], let json = try? JSONValue(parsing: bytes),
        let auths = json["auths"]?.objectValue
      else { continue }
      for (host, entry) in auths {
        var name = host
        for prefix in ["https://", "http://"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        name = name.split(separator: "/").first.map { String($0) } ?? name
        guard name == registry || (name == "index.docker.io" && registry == "docker.io") else { continue }
        var auth = CRIAuthConfig()
        auth.username = entry["username"]?.stringValue ?? ""
        auth.password = entry["password"]?.stringValue ?? ""
        auth.auth = entry["auth"]?.stringValue ?? ""
        found.append(auth)
      }
    }
    return found
  }

  private func configuration(
    _ container: Container, _ attempt: UInt32, _ image: CRIImage, _ sandbox: RuntimePod.Sandbox
  ) async throws -> CRIContainerConfig {
    let name = container.name ?? ""
    let ips = pod.spec.hostNetwork == true ? context.hostIPs : sandbox.ips
    do {
      var objects: [ConfigObjects.ID: ConfigObjects.Content] = [:]
      for id in Environment.objects(of: container, namespace: key.namespace) {
        objects[id] = await context.objects.content(id, for: uid)
      }
      let fields = DownwardFields(
        pod: pod, podIPs: ips, hostIPs: context.hostIPs, nodeName: context.configuration.nodeName,
        allocatable: context.allocatable)
      let services = context.services.variables(
        namespace: key.namespace, links: pod.spec.enableServiceLinks ?? true)
      let environment = try Environment(
        pod: pod, container: container, fields: fields, objects: objects, services: services
      ).variables()
      let mounts = try await mounts(container, attempt, ips, environment)
      try Files.makeDirectory(directories.logs(of: name))
      return try RuntimeConfig.container(
        container, of: pod, node: context.node,
        .init(
          attempt: attempt, imageRef: image.id, environment: environment, mounts: mounts,
          imageUser: image.hasUid ? image.uid.value : nil, imageUserName: image.username))
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw StartFailure(reason: "CreateContainerConfigError", message: "\(error)", retry: 2)
    }
  }

  // MARK: mounts

  private func mounts(
    _ container: Container, _ attempt: UInt32, _ ips: [String], _ environment: [(name: String, value: String)]
  ) async throws -> [CRIMount] {
    try prepareDirectories()
    let paths = try await volumes(podIPs: ips).setUp()
    hasStarted = true
    var variables: [String: String] = [:]
    for (name, value) in environment { variables[name] = value }
    var mounts: [CRIMount] = []
    for mount in container.volumeMounts {
      let name = mount.name ?? ""
      guard var host = paths[name] else { throw KubeletError("volume \"\(name)\" of the mount is not in the pod") }
      let subPath = mount.subPath ?? mount.subPathExpr.map { Expansion.expand($0, variables) } ?? ""
      if !subPath.isEmpty { host = try Self.path(subPath, in: host) }
      var result = CRIMount()
      result.hostPath = host
      result.containerPath =
        mount.mountPath?.hasPrefix("/") == true ? mount.mountPath ?? "" : "/" + (mount.mountPath ?? "")
      result.readonly = mount.readOnly ?? false
      switch mount.mountPropagation {
      case "HostToContainer": result.propagation = .propagationHostToContainer
      case "Bidirectional": result.propagation = .propagationBidirectional
      default: result.propagation = .propagationPrivate
      }
      mounts.append(result)
    }
    if !mounts.contains(where: { $0.containerPath == "/etc/hosts" }) {
      let text = NameResolution.hosts(
        pod, ips: ips, domain: context.configuration.clusterDomain, nodeHosts: Files.text("/etc/hosts"))
      try Files.write(Array(text.utf8), to: directories.etcHosts)
      mounts.append(Self.mount(directories.etcHosts, "/etc/hosts"))
    }
    let message = directories.terminationMessage(container.name ?? "", attempt)
    if let slash = message.lastIndex(of: "/") { try Files.makeDirectory(String(message[..<slash])) }
    try Files.write([], to: message, mode: 0o666)
    chmod(message, 0o666)
    mounts.append(Self.mount(message, container.terminationMessagePath ?? "/dev/termination-log"))
    return mounts
  }

  private static func mount(_ host: String, _ container: String) -> CRIMount {
    var mount = CRIMount()
    mount.hostPath = host
    mount.containerPath = container
    return mount
  }

  /// A path below a volume, made where it is not there. A link in the volume may not lead out of it.
  static func path(_ subPath: String, in volume: String) throws -> String {
    let parts = subPath.split(separator: "/")
    guard !subPath.hasPrefix("/"), !parts.contains("..") else {
      throw KubeletError("subPath \"\(subPath)\" leads out of the volume")
    }
    let path = volume + "/" + subPath
    if !Files.exists(path) { try Files.makeDirectory(path, mode: 0o777) }
    guard let real = realpath(path, nil), let base = realpath(volume, nil) else { throw SystemError("resolve", path) }
    defer {
      free(real)
      free(base)
    }
    let resolved = String(cString: real)
    let root = String(cString: base)
    guard resolved == root || resolved.hasPrefix(root + "/") else {
      throw KubeletError("subPath \"\(subPath)\" leads out of the volume")
    }
    return resolved
  }

  // MARK: the runtime

  private func create(
    _ container: Container, _ config: CRIContainerConfig, _ sandbox: String, _ sandboxConfig: CRIPodSandboxConfig
  ) async throws -> String {
    let name = container.name ?? ""
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let id = try await context.runtime.createContainer(config, in: sandbox, sandboxConfig)
      context.metrics.runtimeCalls.observe(clock.now - start, ["create_container"])
      onContainer(id)
      event(.normal, "Created", "Container created", container: name)
      return id
    } catch {
      if Task.isCancelled { throw CancellationError() }
      throw StartFailure(reason: "CreateContainerError", message: ImagePuller.text(of: error), retry: 5)
    }
  }

  private func start(_ container: Container, _ id: String, _ attempt: UInt32) async throws {
    let name = container.name ?? ""
    let clock = ContinuousClock()
    let start = clock.now
    do {
      try await context.runtime.startContainer(id)
    } catch {
      if Task.isCancelled { throw CancellationError() }
      // A container that could not start has exited in the runtime's eyes: it comes back by the restart policy.
      let text = ImagePuller.text(of: error)
      backoff.restarted(name, ran: 0)
      throw StartFailure(reason: "RunContainerError", message: text, retry: Double(backoff.delay(name) ?? 10))
    }
    context.metrics.runtimeCalls.observe(clock.now - start, ["start_container"])
    context.metrics.containersStarted.increment()
    event(.normal, "Started", "Container started", container: name)
    if attempt > 0 {
      context.metrics.containerRestarts.increment()
      if let last = runtime.latest(name), last.state == .exited {
        backoff.restarted(name, ran: Double(last.finishedAt - last.startedAt) / 1e9)
      }
    }
    if name == pod.spec.containers.last?.name, attempt == 0 {
      context.metrics.podStart.observe(clock.now - firstSeen)
    }
    guard let hook = container.lifecycle?.postStart else { return }
    let result = await run(hook, container, id, limit: nil)
    if !result.isSuccess {
      event(.warning, "FailedPostStartHook", "PostStartHook failed: \(result.output)", container: name)
      await stopContainer(
        id, name, reason: "FailedPostStartHook", grace: pod.spec.terminationGracePeriodSeconds ?? 30)
    }
  }

  // MARK: hooks and the end of containers

  func run(
    _ hook: LifecycleHandler, _ container: Container, _ id: String, limit: Double?
  ) async -> ProbeAction.Result {
    if let sleep = hook.sleep {
      let seconds = Double(sleep.seconds ?? 0)
      try? await Task.sleep(for: .seconds(limit.map { min($0, seconds) } ?? seconds))
      return ProbeAction.Result(isSuccess: true, output: "")
    }
    let ip = pod.spec.hostNetwork == true ? context.hostIPs.first : runtime.sandbox?.ips.first
    let target = ProbeAction.target(hook.json, container: container, podIP: ip ?? "127.0.0.1")
    let timeout = limit.map { Int32(max(1, $0)) } ?? 120
    return await context.action.run(target, container: id, timeout: timeout)
  }

  /// preStop, then the stop signal, then SIGKILL when `grace` seconds have passed since the beginning.
  func stopContainer(_ id: String, _ name: String, reason: String, grace: Int64) async {
    let begin = KubeletContext.now
    event(.normal, "Killing", reason, container: name)
    probes[id]?.cancel()
    if let container = spec(of: name), let hook = container.lifecycle?.preStop, grace > 0 {
      let result = await run(hook, container, id, limit: Double(grace))
      if !result.isSuccess {
        event(.warning, "FailedPreStopHook", "PreStopHook failed: \(result.output)", container: name)
      }
    }
    // After a hook that used up its time the container still gets two seconds to end by itself.
    let used = Int64(KubeletContext.now - begin)
    let left = used == 0 ? grace : max(2, grace - used)
    do {
      try await context.runtime.stopContainer(id, grace: left)
    } catch let error as RPCError where error.code == .notFound {
      return
    } catch {
      logger.warning(
        "cannot stop container", metadata: ["container": "\(name)", "error": "\(ImagePuller.text(of: error))"])
    }
  }

  /// Ends the containers, sidecars after the others, and then the sandboxes.
  func stopAll(grace: Int64) async {
    let begin = KubeletContext.now
    let sidecars = Set(pod.spec.initContainers.filter { $0.restartPolicy == "Always" }.compactMap(\.name))
    for isSidecar in [false, true] {
      let left = max(isSidecar ? 2 : 0, grace - Int64(KubeletContext.now - begin))
      let stopping = runtime.running.filter { sidecars.contains($0.name) == isSidecar }
      await withTaskGroup(of: Void.self) { group in
        for container in stopping {
          group.addTask {
            await self.stopContainer(
              container.id, container.name, reason: "Stopping container \(container.name)",
              grace: grace == 0 ? 0 : left)
          }
        }
      }
    }
    for sandbox in runtime.sandboxes where sandbox.isReady {
      do { try await context.runtime.stopPodSandbox(sandbox.id) } catch {
        if Task.isCancelled { return }  // the pod is to be deleted now, and that begins with what is left here
        logger.warning(
          "cannot stop sandbox", metadata: ["sandbox": "\(sandbox.id)", "error": "\(ImagePuller.text(of: error))"])
      }
    }
  }
}
