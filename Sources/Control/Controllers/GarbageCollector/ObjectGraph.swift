import KubeAPI
import KubeClient
import Synchronization

/// The ``OwnerGraph`` of the cluster, kept up to date by one metadata watch a resource. The garbage collector and the
/// namespace controller share it.
final class ObjectGraph: Sendable {
  private struct State {
    var graph = OwnerGraph()
    var unsynced: Set<GroupVersionResource>
    var waiters: [CheckedContinuation<Void, Never>] = []
    var onWork: (@Sendable (Set<String>) -> Void)?
    var onContent: (@Sendable (String) -> Void)?
  }

  private let client: KubeClient
  let resources: [GroupVersionResource]
  private let state: Mutex<State>

  /// - Parameter resources: those that can be listed, watched and deleted.
  init(_ client: KubeClient, resources: [GroupVersionResource]) {
    self.client = client
    self.resources = resources
    state = Mutex(State(unsynced: Set(resources)))
  }

  /// Told the uids of objects that have to be looked at.
  func onWork(_ body: @escaping @Sendable (Set<String>) -> Void) { state.withLock { $0.onWork = body } }

  /// Told the namespaces out of which an object has gone.
  func onRemoval(_ body: @escaping @Sendable (String) -> Void) { state.withLock { $0.onContent = body } }

  func read<T>(_ body: (OwnerGraph) -> T) -> T { state.withLock { body($0.graph) } }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for resource in resources { group.addTask { await self.follow(resource) } }
    }
    release()
  }

  func synced() async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if !state.unsynced.isEmpty { state.waiters.append(continuation) }
        return state.unsynced.isEmpty
      }
      if isReady { continuation.resume() }
    }
  }

  private func release() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func follow(_ resource: GroupVersionResource) async {
    let events = client.events(of: ResourceSelection(resource: resource, metadataOnly: true)) { json in
      OwnerGraph.Node(json, of: resource)
    }
    for await event in events {
      let (work, handler) = state.withLock { state -> (Set<String>, (@Sendable (Set<String>) -> Void)?) in
        let work =
          switch event {
          case .replaced(let nodes): state.graph.replace(resource, nodes)
          case .changed(_, let node): state.graph.update(node)
          case .deleted(let key): state.graph.remove(resource, key)
          }
        return (work, state.onWork)
      }
      if !work.isEmpty { handler?(work) }
      switch event {
      case .replaced:
        let isDone = state.withLock { state in
          state.unsynced.remove(resource)
          return state.unsynced.isEmpty
        }
        if isDone { release() }
      case .deleted(let key):
        if !key.namespace.isEmpty { state.withLock { $0.onContent }?(key.namespace) }
      case .changed: break
      }
    }
  }
}
