import KubeAPI
import KubeClient
import Synchronization

/// Deletes what has lost its owners, and finishes deletions that wait for dependents (`Foreground`) or leave them
/// (`Orphan`). Owners that the graph does not know are asked for on the server, by uid, before anything is deleted.
struct GarbageCollector: Sendable {
  /// Uids that the server said are gone; uids never come back.
  private final class Absent: Sendable {
    static let limit = 4_096
    private let uids = Mutex<Set<String>>([])

    func contains(_ uid: String) -> Bool { uids.withLock { $0.contains(uid) } }

    func insert(_ uid: String) {
      uids.withLock {
        if $0.count >= Self.limit { $0 = [] }
        $0.insert(uid)
      }
    }
  }

  private enum OwnerState { case solid, waiting, absent }

  private let context: ControllerContext
  private let graph: ObjectGraph
  /// The keys' names are uids.
  private let queue = WorkQueue<ObjectKey>()
  private let absent = Absent()
  private let kinds: [String: GroupVersionResource]

  init(_ context: ControllerContext, graph: ObjectGraph) {
    self.context = context
    self.graph = graph
    kinds = Dictionary(graph.resources.map { ("\($0.group)/\($0.kind)", $0) }) { first, _ in first }
    let queue = queue
    graph.onWork { uids in for uid in uids { queue.add(ObjectKey(name: uid)) } }
  }

  var loop: ReconcileLoop { ReconcileLoop("garbage-collector", queue: queue, workers: 8) { try await reconcile($0) } }

  func reconcile(_ key: ObjectKey) async throws -> Duration? {
    guard let node = graph.read({ $0.nodes[key.name] }) else { return nil }
    do {
      if node.isOrphaning {
        try await orphanDependents(of: node)
      } else if node.isForeground {
        try await advanceForeground(node)
      } else if !node.isDeleting {
        try await checkOwners(of: node)
      }
    } catch let error as APIError where error.isNotFound {
      // It is gone; the event is on its way.
    }
    return nil
  }

  /// Deletes an object without owners, or takes the owners that are gone out of its list.
  private func checkOwners(of node: OwnerGraph.Node) async throws {
    guard !node.owners.isEmpty else { return }
    var solid: [OwnerGraph.Owner] = []
    var waiting: [OwnerGraph.Owner] = []
    for owner in node.owners {
      switch try await state(of: owner, for: node) {
      case .solid: solid.append(owner)
      case .waiting: waiting.append(owner)
      case .absent: break
      }
    }
    if !solid.isEmpty {
      if solid.count < node.owners.count { try await keepOwners(Set(solid.map(\.uid)), of: node) }
      return
    }
    var policy = "Background"
    if node.finalizers.contains(OwnerGraph.orphan) {
      policy = "Orphan"
    } else if node.finalizers.contains(OwnerGraph.foreground) {
      policy = "Foreground"
    } else if !waiting.isEmpty, graph.read({ !$0.dependents(of: node.uid).isEmpty }) {
      // The owner waits for all that is below it, so this one has to wait for its own as well.
      policy = "Foreground"
    }
    let options = DeleteOptions {
      $0.propagationPolicy = policy
      $0.preconditions = Preconditions {
        $0.uid = node.uid
        $0.resourceVersion = node.resourceVersion
      }
    }
    try await context.client.delete(node.resource, node.key, options: options)
  }

  private func state(of owner: OwnerGraph.Owner, for node: OwnerGraph.Node) async throws -> OwnerState {
    if absent.contains(owner.uid) { return .absent }
    if let known = graph.read({ $0.nodes[owner.uid] }) {
      return known.isForeground ? .waiting : .solid
    }
    let group = owner.apiVersion.contains("/") ? String(owner.apiVersion.prefix { $0 != "/" }) : ""
    // An owner of a kind that this cluster does not serve cannot be looked up, and is left alone.
    guard let resource = kinds["\(group)/\(owner.kind)"] else { return .solid }
    let path = resource.path(namespace: node.key.namespace, name: owner.name)
    do {
      let live = try await context.client.request("GET", path)
      if live[path: "metadata", "uid"]?.stringValue == owner.uid { return .solid }
    } catch let error as APIError where error.isNotFound {
      // Gone, as below.
    }
    absent.insert(owner.uid)
    return .absent
  }

  private func keepOwners(_ uids: Set<String>, of node: OwnerGraph.Node) async throws {
    let path = node.resource.path(namespace: node.key.namespace, name: node.key.name)
    let live = ObjectMeta(json: try await context.client.request("GET", path)["metadata"] ?? [:])
    guard live.uid == node.uid else { return }
    let kept = live.ownerReferences.filter { uids.contains($0.uid ?? "") }
    let metadata: JSONValue = [
      "uid": .string(node.uid), "resourceVersion": .string(live.resourceVersion ?? ""),
      "ownerReferences": kept.isEmpty ? .null : .array(kept.map(\.json)),
    ]
    try await patch(node, metadata)
  }

  private func advanceForeground(_ node: OwnerGraph.Node) async throws {
    let dependents = graph.read { $0.dependents(of: node.uid) }
    for dependent in dependents where !dependent.isDeleting { queue.add(ObjectKey(name: dependent.uid)) }
    let blocking = dependents.contains { $0.owners.contains { $0.uid == node.uid && $0.blocks } }
    if !blocking { try await removeFinalizer(OwnerGraph.foreground, from: node) }
  }

  private func orphanDependents(of node: OwnerGraph.Node) async throws {
    for dependent in graph.read({ $0.dependents(of: node.uid) }) {
      let kept = Set(dependent.owners.map(\.uid)).subtracting([node.uid])
      do {
        try await keepOwners(kept, of: dependent)
      } catch let error as APIError where error.isNotFound {
        continue
      }
    }
    try await removeFinalizer(OwnerGraph.orphan, from: node)
  }

  private func removeFinalizer(_ finalizer: String, from node: OwnerGraph.Node) async throws {
    let path = node.resource.path(namespace: node.key.namespace, name: node.key.name)
    let live = ObjectMeta(json: try await context.client.request("GET", path)["metadata"] ?? [:])
    guard live.uid == node.uid, live.finalizers.contains(finalizer) else { return }
    let kept = live.finalizers.filter { $0 != finalizer }
    try await patch(
      node,
      [
        "uid": .string(node.uid), "resourceVersion": .string(live.resourceVersion ?? ""),
        "finalizers": kept.isEmpty ? .null : .array(kept.map { .string($0) }),
      ])
  }

  private func patch(_ node: OwnerGraph.Node, _ metadata: JSONValue) async throws {
    _ = try await context.client.request(
      "PATCH", node.resource.path(namespace: node.key.namespace, name: node.key.name),
      body: ["metadata": metadata], contentType: PatchKind.merge.contentType)
  }
}
