import KubeAPI

/// Who owns whom, over all resources: metadata only, and no decision that needs the server.
struct OwnerGraph: Sendable {
  struct Owner: Sendable, Hashable {
    var uid: String
    var apiVersion: String
    var kind: String
    var name: String
    var blocks: Bool
  }

  struct Node: Sendable, Hashable {
    var resource: GroupVersionResource
    var key: ObjectKey
    var uid: String
    var resourceVersion: String
    var owners: [Owner]
    var isDeleting: Bool
    var finalizers: [String]

    var isForeground: Bool { isDeleting && finalizers.contains(OwnerGraph.foreground) }
    var isOrphaning: Bool { isDeleting && finalizers.contains(OwnerGraph.orphan) }
  }

  static let foreground = "foregroundDeletion"
  static let orphan = "orphan"

  private(set) var nodes: [String: Node] = [:]
  private var dependents: [String: Set<String>] = [:]
  private var uids: [GroupVersionResource: [ObjectKey: String]] = [:]
  private var contents: [String: Int] = [:]

  func dependents(of uid: String) -> [Node] { (dependents[uid] ?? []).compactMap { nodes[$0] } }

  /// How many known objects a namespace holds.
  func count(in namespace: String) -> Int { contents[namespace] ?? 0 }

  /// An object was added or changed.
  /// - Returns: the uids of objects that have to be looked at.
  mutating func update(_ node: Node) -> Set<String> {
    var work: Set<String> = []
    if let known = uids[node.resource]?[node.key], known != node.uid { work = remove(node.resource, node.key) }
    let old = nodes[node.uid]
    nodes[node.uid] = node
    uids[node.resource, default: [:]][node.key] = node.uid
    if old == nil { contents[node.key.namespace, default: 0] += 1 }
    let before = Set(old?.owners.map(\.uid) ?? [])
    let after = Set(node.owners.map(\.uid))
    for owner in before.subtracting(after) {
      drop(node.uid, from: owner)
      // An owner that waits for its dependents may have waited for this one.
      if let waiting = nodes[owner], waiting.isForeground || waiting.isOrphaning { work.insert(owner) }
    }
    for owner in after.subtracting(before) { dependents[owner, default: []].insert(node.uid) }
    let hasNewOwner = !after.subtracting(before).isEmpty
    let lacksOwner = node.owners.contains { nodes[$0.uid] == nil || nodes[$0.uid]?.isForeground == true }
    if hasNewOwner, lacksOwner { work.insert(node.uid) }
    if node.isForeground || node.isOrphaning, node.finalizers != old?.finalizers || old?.isDeleting != true {
      work.insert(node.uid)
    }
    return work
  }

  /// An object is gone: its dependents, and the owners that waited for it, have to be looked at.
  mutating func remove(_ resource: GroupVersionResource, _ key: ObjectKey) -> Set<String> {
    guard let uid = uids[resource]?.removeValue(forKey: key), let node = nodes.removeValue(forKey: uid) else {
      return []
    }
    contents[key.namespace, default: 1] -= 1
    if contents[key.namespace] == 0 { contents[key.namespace] = nil }
    for owner in node.owners { drop(uid, from: owner.uid) }
    var work = dependents[uid] ?? []
    for owner in node.owners where nodes[owner.uid]?.isForeground == true { work.insert(owner.uid) }
    return work
  }

  /// What is there of a resource; everything else of it is gone.
  mutating func replace(_ resource: GroupVersionResource, _ new: [ObjectKey: Node]) -> Set<String> {
    var work: Set<String> = []
    for key in (uids[resource] ?? [:]).keys where new[key] == nil { work.formUnion(remove(resource, key)) }
    for node in new.values { work.formUnion(update(node)) }
    return work
  }

  private mutating func drop(_ uid: String, from owner: String) {
    dependents[owner]?.remove(uid)
    if dependents[owner]?.isEmpty == true { dependents[owner] = nil }
  }
}

extension OwnerGraph.Node {
  /// The node of an object (or of its metadata alone).
  init?(_ json: JSONValue, of resource: GroupVersionResource) {
    guard let object = json["metadata"] else { return nil }
    let metadata = ObjectMeta(json: object)
    guard let name = metadata.name, let uid = metadata.uid else { return nil }
    self.resource = resource
    key = ObjectKey(namespace: metadata.namespace ?? "", name: name)
    self.uid = uid
    resourceVersion = metadata.resourceVersion ?? ""
    owners = metadata.ownerReferences.compactMap { reference in
      guard let uid = reference.uid else { return nil }
      return OwnerGraph.Owner(
        uid: uid, apiVersion: reference.apiVersion ?? "", kind: reference.kind ?? "", name: reference.name ?? "",
        blocks: reference.blockOwnerDeletion ?? false)
    }
    isDeleting = metadata.deletionTimestamp != nil
    finalizers = metadata.finalizers
  }
}
