import KubeAPI
import Netlink

@testable import NetAgent

/// A small cluster as its API server would tell of it: namespaces, pods, policies of both kinds.
struct PolicyWorld: Sendable {
  struct Pod: Sendable, Hashable {
    var key: ObjectKey
    var labels: [String: String]
    var addresses: [IPAddress]
    var isLocal = true
    var ports: [NamedPort] = []

    var definition: PolicyPod {
      PolicyPod(
        namespace: key.namespace, labels: labels, addresses: addresses, isLocal: isLocal, ports: ports.sorted())
    }
  }

  var namespaces: [String: [String: String]] = [:]
  var pods: [ObjectKey: Pod] = [:]
  var networkPolicies: [ObjectKey: JSONValue] = [:]
  var clusterPolicies: [ObjectKey: JSONValue] = [:]

  /// Addresses that no pod has.
  static let outside = ["192.0.2.7", "198.51.100.9", "10.99.0.1", "2001:db8::7", "fd00:99::1"].compactMap {
    IPAddress($0)
  }

  func pod(at address: IPAddress) -> Pod? { pods.values.first { $0.addresses.contains(address) } }

  func reading(_ name: PolicyName) -> PolicyReading? {
    name.isCluster
      ? clusterPolicies[name.key].map { ClusterNetworkPolicy(json: $0).reading }
      : networkPolicies[name.key].map { NetworkPolicy(json: $0).reading }
  }

  var policyNames: [PolicyName] {
    networkPolicies.keys.map { PolicyName(isCluster: false, key: $0) }
      + clusterPolicies.keys.map { PolicyName(isCluster: true, key: $0) }
  }

  /// Tells a planner what differs from an older state.
  func tell(_ planner: inout PolicyPlanner, since old: PolicyWorld = PolicyWorld()) {
    for name in Set(namespaces.keys).union(old.namespaces.keys) { planner.setNamespace(name, namespaces[name]) }
    for key in Set(pods.keys).union(old.pods.keys) { planner.setPod(key, pods[key]?.definition) }
    for name in Set(policyNames).union(old.policyNames) { planner.setPolicy(name, reading(name)?.definition) }
  }

  var planner: PolicyPlanner { planner(crowd: 16) }

  func planner(crowd: Int) -> PolicyPlanner {
    var planner = PolicyPlanner(crowd: crowd)
    tell(&planner)
    planner.settle()
    return planner
  }
}

/// A packet that begins a connection.
struct PolicyProbe: Sendable, Hashable, CustomStringConvertible {
  var source: IPAddress
  var destination: IPAddress
  /// An IP protocol number.
  var transport: UInt8
  var port: UInt16

  var description: String { "\(source) → \(destination) protocol \(transport) port \(port)" }
}
