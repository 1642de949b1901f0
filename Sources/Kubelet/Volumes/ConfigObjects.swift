import KubeAPI
import KubeClient

/// The ConfigMaps and Secrets that pods of this node use: each is watched from its first use on, as long as a pod holds it.
actor ConfigObjects {
  enum Kind: String, Sendable, Hashable { case configMap, secret }
  struct ID: Sendable, Hashable {
    var kind: Kind
    var key: ObjectKey
  }
  typealias Content = [String: [UInt8]]

  private struct Entry {
    var content: Content?
    var isSynced = false
    var users: Set<String> = []
    var task: Task<Void, Never>?
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let client: KubeClient
  private var entries: [ID: Entry] = [:]
  private var onChange: @Sendable (_ podUID: String) async -> Void = { _ in }

  init(client: KubeClient) { self.client = client }

  func setOnChange(_ body: @escaping @Sendable (String) async -> Void) { onChange = body }

  /// The content; `nil` where there is no such object. The pod is told of changes until it is released.
  func content(_ id: ID, for podUID: String) async -> Content? {
    entries[id, default: Entry()].users.insert(podUID)
    if entries[id]?.task == nil { entries[id]?.task = watch(id) }
    if entries[id]?.isSynced != true {
      await withCheckedContinuation { entries[id, default: Entry()].waiters.append($0) }
    }
    return entries[id]?.content
  }

  func release(_ podUID: String) {
    for (id, entry) in entries where entry.users.contains(podUID) {
      entries[id]?.users.remove(podUID)
      if entries[id]?.users.isEmpty == true, entry.waiters.isEmpty {
        entry.task?.cancel()
        entries[id] = nil
      }
    }
  }

  /// Ends the watches, and lets go whoever waits for an object.
  func close() {
    for entry in entries.values {
      entry.task?.cancel()
      for waiter in entry.waiters { waiter.resume() }
    }
    entries.removeAll()
  }

  private func watch(_ id: ID) -> Task<Void, Never> {
    let selector = "metadata.name=\(id.key.name)"
    let client = client
    switch id.kind {
    case .configMap:
      let informer = Informer<ConfigMap, Content>(client, in: id.key.namespace, fieldSelector: selector) { object in
        var content = object.data.mapValues { Array($0.utf8) }
        for (name, data) in object.binaryData { content[name] = data.bytes }
        return content
      }
      return Task { for await event in informer.events() { await self.take(event, id) } }
    case .secret:
      let informer = Informer<Secret, Content>(client, in: id.key.namespace, fieldSelector: selector) { object in
        object.data.mapValues(\.bytes)
      }
      return Task { for await event in informer.events() { await self.take(event, id) } }
    }
  }

  private func take(_ event: InformerEvent<Content>, _ id: ID) async {
    guard var entry = entries[id] else { return }
    let before = entry.content
    let wasSynced = entry.isSynced
    switch event {
    case .replaced(let objects): entry.content = objects[id.key]
    case .changed(let key, let content): if key == id.key { entry.content = content }
    case .deleted(let key): if key == id.key { entry.content = nil }
    }
    entry.isSynced = true
    let waiters = entry.waiters
    entry.waiters = []
    entries[id] = entry
    for waiter in waiters { waiter.resume() }
    guard wasSynced, before != entry.content else { return }
    for user in entry.users { await onChange(user) }
  }
}
