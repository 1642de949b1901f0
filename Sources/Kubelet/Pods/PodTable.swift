import KubeAPI
import KubeClient
import Logging
import Synchronization
import Telemetry

/// The pods of this node, each with its worker, and what tells workers that something has happened in the runtime.
actor PodTable {
  private let context: KubeletContext
  private var workers: [String: PodWorker] = [:]
  private var uids: [ObjectKey: String] = [:]
  private var isSynced = false
  /// By pod: IDs and states of what the runtime held at the last look.
  private var fingerprints: [String: Int] = [:]
  /// The pod of each sandbox and container.
  private let owners = Mutex<[String: String]>([:])

  init(context: KubeletContext) { self.context = context }

  var count: Int { workers.count }

  /// The objects of all pods, for `/pods`.
  func pods() async -> [Pod] {
    var pods: [Pod] = []
    for worker in workers.values { pods.append(await worker.pod) }
    return pods
  }

  func worker(_ key: ObjectKey) -> PodWorker? { uids[key].flatMap { workers[$0] } }

  // MARK: the API's events

  func follow() async {
    let informer = Informer<Pod, Pod>(
      context.client, fieldSelector: "spec.nodeName=\(context.configuration.nodeName)"
    ) { pod in
      var pod = pod
      pod.metadata.managedFields = []  // which is half of the object, and not for us
      return pod
    }
    for await event in informer.events() { await apply(event) }
  }

  func apply(_ event: InformerEvent<Pod>) async {
    switch event {
    case .replaced(let all):
      let known = uids
      for (key, uid) in known where all[key]?.metadata.uid != uid { await remove(key) }
      for (_, pod) in all { await take(pod) }
      if !isSynced {
        isSynced = true
        await removeOrphans()
      }
    case .changed(_, let pod): await take(pod)
    case .deleted(let key): await remove(key)
    }
    context.metrics.pods.set(Double(workers.count))
  }

  private func take(_ pod: Pod) async {
    guard let uid = pod.metadata.uid else { return }
    if let old = uids[pod.key], old != uid { await remove(pod.key) }
    if let worker = workers[uid] {
      uids[pod.key] = uid
      await worker.update(pod)
      return
    }
    uids[pod.key] = uid
    await add(pod).start()
  }

  private func add(_ pod: Pod) -> PodWorker {
    let uid = pod.metadata.uid ?? ""
    let key = pod.key
    let worker = PodWorker(
      pod, context: context, onContainer: { [weak self] id in self?.owners.withLock { $0[id] = uid } },
      onDone: { [weak self] in await self?.forget(uid, key) })
    workers[uid] = worker
    return worker
  }

  private func remove(_ key: ObjectKey) async {
    guard let uid = uids.removeValue(forKey: key) else { return }
    await workers[uid]?.removed()
  }

  private func forget(_ uid: String, _ key: ObjectKey) {
    workers[uid] = nil
    if uids[key] == uid { uids[key] = nil }
    fingerprints[uid] = nil
    owners.withLock { owners in
      for (id, owner) in owners where owner == uid { owners[id] = nil }
    }
    context.metrics.pods.set(Double(workers.count))
  }

  func ring(_ uid: String) async { await workers[uid]?.ring() }

  /// The kubelet ends; the pods go on.
  func leave() async {
    for worker in workers.values { await worker.leave() }
    await context.objects.close()
  }

  // MARK: the runtime's events

  /// Something happened to a container. The runtime's own books may lag behind its event by some milliseconds.
  func taskEvent(_ id: String) async {
    guard let uid = owners.withLock({ $0[id] }), let worker = workers[uid] else { return }
    await worker.ring()
    Task {
      for delay in [50, 300] {
        try? await Task.sleep(for: .milliseconds(delay))
        await worker.ring()
      }
    }
  }

  /// Looks at all that the runtime holds and wakes the workers of pods where something has changed.
  func relist() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    var seen: [String: [String]] = [:]
    var metadata: [String: [String: String]] = [:]
    var index: [String: String] = [:]
    for sandbox in try await context.runtime.listPodSandboxes() {
      let uid = sandbox.metadata.uid
      seen[uid, default: []].append("\(sandbox.id) \(sandbox.state.rawValue)")
      metadata[uid] = sandbox.labels.merging(sandbox.annotations) { first, _ in first }
      index[sandbox.id] = uid
    }
    for container in try await context.runtime.listContainers() {
      guard let uid = container.labels[RuntimeLabel.podUID] else { continue }
      seen[uid, default: []].append("\(container.id) \(container.state.rawValue)")
      index[container.id] = uid
    }
    owners.withLock { $0.merge(index) { _, new in new } }
    for (uid, entries) in seen {
      let fingerprint = entries.sorted().hashValue
      if workers[uid] == nil {
        if isSynced, let labels = metadata[uid] { await endOrphan(uid, labels) }
        continue
      }
      if fingerprints.updateValue(fingerprint, forKey: uid) != fingerprint { await workers[uid]?.ring() }
    }
    for uid in fingerprints.keys where seen[uid] == nil {
      fingerprints[uid] = nil
      await workers[uid]?.ring()
    }
    context.metrics.relist.observe(clock.now - start)
  }

  // MARK: what nobody knows any more

  /// A pod that runs here and that the API server has no more.
  private func endOrphan(_ uid: String, _ labels: [String: String]) async {
    let pod = Pod(labels[RuntimeLabel.podName] ?? uid, in: labels[RuntimeLabel.podNamespace] ?? "default") {
      $0.metadata.uid = uid
      $0.spec.terminationGracePeriodSeconds = labels[RuntimeLabel.gracePeriod].flatMap { Int64($0) } ?? 30
    }
    context.logger.notice("ends a pod that the API server does not know any more", metadata: ["pod": "\(pod.key)"])
    let worker = add(pod)
    await worker.removed()
    await worker.start()
  }

  /// Folders and cgroups of pods that were removed while the kubelet was away.
  private func removeOrphans() async {
    let running = Set(((try? await context.runtime.listPodSandboxes()) ?? []).map(\.metadata.uid))
    let root = context.configuration.rootDirectory
    for uid in Files.names(in: root + "/pods") where workers[uid] == nil && !running.contains(uid) {
      let directories = PodDirectories(root: root, namespace: "", name: "", uid: uid)
      do { try PodVolumes.tearDown(directories) } catch {
        context.logger.warning("cannot remove an old pod's folder", metadata: ["error": "\(error)"])
      }
    }
    for name in Files.names(in: root + "/logs") {
      let uid = name.split(separator: "_").last.map { String($0) } ?? ""
      if workers[uid] == nil && !running.contains(uid) { try? Files.removeTree(root + "/logs/" + name) }
    }
    for uid in context.cgroups.podUIDs() where workers[uid] == nil && !running.contains(uid) {
      for qos in QoSClass.allCases { context.cgroups.remove(qos.cgroupPath + "/pod" + uid) }
    }
  }
}
