import GRPCCore
import KubeAPI

extension RuntimePod {
  /// What the runtime holds for the pod now. What `known` says of containers that have ended is kept: it cannot change.
  static func read(_ uid: String, known: RuntimePod, from runtime: RuntimeClient) async throws -> RuntimePod {
    async let listedSandboxes = runtime.listPodSandboxes(pod: uid)
    async let listedContainers = runtime.listContainers(pod: uid)
    var pod = RuntimePod()
    for item in try await listedSandboxes {
      let isReady = item.state == .sandboxReady
      if let old = known.sandboxes.first(where: { $0.id == item.id }), old.isReady == isReady {
        pod.sandboxes.append(old)
        continue
      }
      var sandbox = Sandbox(
        id: item.id, attempt: item.metadata.attempt, isReady: isReady, createdAt: item.createdAt)
      do {
        let status = try await runtime.podSandboxStatus(item.id)
        let addresses = [status.network.ip] + status.network.additionalIps.map(\.ip)
        sandbox.ips = addresses.filter { !$0.isEmpty }
        sandbox.isReady = status.state == .sandboxReady
      } catch let error as RPCError where error.code == .notFound { continue }
      pod.sandboxes.append(sandbox)
    }
    for item in try await listedContainers {
      if let old = known.container(item.id),
        old.state == .exited || (old.state == .running && item.state == .containerRunning)
      {
        pod.containers.append(old)
        continue
      }
      do {
        pod.containers.append(try await readContainer(item, from: runtime))
      } catch let error as RPCError where error.code == .notFound { continue }
    }
    pod.sort()
    return pod
  }

  private static func readContainer(_ item: CRIContainer, from runtime: RuntimeClient) async throws -> Container {
    let status = try await runtime.containerStatus(item.id)
    let state: Container.State =
      switch status.state {
      case .containerCreated: .created
      case .containerRunning: .running
      case .containerExited: .exited
      default: .unknown
      }
    var container = Container(
      id: item.id, name: item.labels[RuntimeLabel.containerName] ?? item.metadata.name,
      attempt: item.metadata.attempt, sandboxID: item.podSandboxID, state: state, createdAt: status.createdAt,
      startedAt: status.startedAt, finishedAt: status.finishedAt, exitCode: status.exitCode, reason: status.reason,
      image: status.image.image, imageRef: status.imageRef, hash: status.annotations[RuntimeLabel.hash] ?? "",
      logPath: status.logPath)
    if state == .exited { container.message = terminationMessage(status) }
    return container
  }

  /// What the container left in its file, or, where it asks for that and failed, the end of its log; else the runtime's
  /// own words.
  private static func terminationMessage(_ status: CRIContainerStatus) -> String {
    let limit = 4096
    let path = status.annotations[RuntimeLabel.terminationMessagePath] ?? ""
    if let mount = status.mounts.first(where: { $0.containerPath == path }),
      let bytes = try? Files.read(mount.hostPath, limit: limit), !bytes.isEmpty
    {
      return String(decoding: bytes, as: UTF8.self)
    }
    if status.annotations[RuntimeLabel.terminationMessagePolicy] == "FallbackToLogsOnError", status.exitCode != 0 {
      let tail = LogFile.lastLines(status.logPath, count: 80, bytes: 2048)
      if !tail.isEmpty { return tail }
    }
    return status.message
  }
}
