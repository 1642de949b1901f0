import KubeAPI
import Netlink

/// What the cluster says, as far as DNS is concerned.
struct ClusterState: Sendable {
  /// What a change of the state touches: the services and namespaces whose names must be planned again.
  struct Touched: Sendable, Hashable {
    var services: Set<ObjectKey> = []
    var namespaces: Set<String> = []
    var pods: Set<PodAddress> = []
  }

  /// An address under which a namespace has a pod.
  struct PodAddress: Sendable, Hashable {
    var namespace: String
    var address: IPAddress
  }

  private(set) var services = PackedTable<ServiceFacts>()
  private(set) var slices = PackedTable<SliceFacts>()
  private(set) var namespaces: Set<String> = []
  /// The slices of each service.
  private var sliceNames = PackedTable<SliceNames>()
  /// How many services each namespace has: one that has any exists, whether its object was seen yet or not.
  private var serviceCounts: [String: Int] = [:]
  /// How many pods have each address: those on the node's network share one.
  private var podCounts: [PodAddress: Int] = [:]
  private var pods: [ObjectKey: [IPAddress]] = [:]
  /// The namespaces that have pods with an address: one, but for pods on the nodes' own network.
  private var podNamespaces: [IPAddress: [String]] = [:]

  /// The slices of a service, in the order of their names.
  func slices(of service: ObjectKey) -> [SliceFacts] {
    namedSlices(of: service).map(\.slice)
  }

  /// As ``slices(of:)``, each with its name.
  func namedSlices(of service: ObjectKey) -> [(name: String, slice: SliceFacts)] {
    (sliceNames[service]?.names ?? []).compactMap { name in
      slices[ObjectKey(namespace: service.namespace, name: name)].map { (name, $0) }
    }
  }

  /// Whether `<namespace>.svc.<zone>` exists.
  func hasNamespace(_ name: String) -> Bool { namespaces.contains(name) || serviceCounts[name] != nil }

  /// The namespace of the pods with an address; `nil` where there are none, or pods of several namespaces.
  func namespace(of address: IPAddress) -> String? {
    guard let namespaces = podNamespaces[address], namespaces.count == 1 else { return nil }
    return namespaces[0]
  }

  func hasPod(_ pod: PodAddress) -> Bool { podCounts[pod] != nil }

  // MARK: What a change would touch

  func touched(byService key: ObjectKey) -> Touched { Touched(services: [key], namespaces: [key.namespace]) }

  func touched(bySlice key: ObjectKey, _ facts: SliceFacts?) -> Touched {
    var touched = Touched()
    for service in [slices[key]?.service, facts?.service] {
      if let service { touched.services.insert(ObjectKey(namespace: key.namespace, name: service)) }
    }
    return touched
  }

  func touched(byNamespace name: String) -> Touched { Touched(namespaces: [name]) }

  func touched(byPod key: ObjectKey, _ addresses: [IPAddress]?) -> Touched {
    let all = (pods[key] ?? []) + (addresses ?? [])
    return Touched(pods: Set(all.map { PodAddress(namespace: key.namespace, address: $0) }))
  }

  // MARK: Lists

  mutating func beginServices() { services.beginList() }
  mutating func beginSlices() { slices.beginList() }
  mutating func markListed(service key: ObjectKey) { services.markListed(key) }
  mutating func markListed(slice key: ObjectKey) { slices.markListed(key) }

  // MARK: Changes; `nil` removes

  mutating func set(service key: ObjectKey, _ facts: ServiceFacts?) {
    let hadBefore = services[key] != nil
    services.set(key, facts)
    let count = (serviceCounts[key.namespace] ?? 0) + (facts != nil ? 1 : 0) - (hadBefore ? 1 : 0)
    serviceCounts[key.namespace] = count > 0 ? count : nil
  }

  mutating func set(slice key: ObjectKey, _ facts: SliceFacts?) {
    let (old, new) = (slices[key]?.service, facts?.service)
    slices.set(key, facts)
    guard old != new else { return }
    if let old {
      changeNames(of: ObjectKey(namespace: key.namespace, name: old)) { names in names.removeAll { $0 == key.name } }
    }
    if let new {
      changeNames(of: ObjectKey(namespace: key.namespace, name: new)) { names in
        names.insert(key.name, at: names.firstIndex { $0 > key.name } ?? names.endIndex)
      }
    }
  }

  private mutating func changeNames(of service: ObjectKey, _ body: (inout [String]) -> Void) {
    var slices = sliceNames[service] ?? SliceNames()
    body(&slices.names)
    sliceNames.set(service, slices.names.isEmpty ? nil : slices)
  }

  mutating func set(namespace name: String, exists: Bool) {
    if exists { namespaces.insert(name) } else { namespaces.remove(name) }
  }

  mutating func set(pod key: ObjectKey, _ addresses: [IPAddress]?) {
    for address in pods[key] ?? [] {
      let pod = PodAddress(namespace: key.namespace, address: address)
      let count = (podCounts[pod] ?? 0) - 1
      podCounts[pod] = count > 0 ? count : nil
      if count == 0 {
        podNamespaces[address]?.removeAll { $0 == key.namespace }
        if podNamespaces[address]?.isEmpty == true { podNamespaces[address] = nil }
      }
    }
    for address in addresses ?? [] {
      let pod = PodAddress(namespace: key.namespace, address: address)
      if podCounts[pod] == nil { podNamespaces[address, default: []].append(key.namespace) }
      podCounts[pod, default: 0] += 1
    }
    pods[key] = addresses
  }

  var podKeys: [ObjectKey] { Array(pods.keys) }
}
