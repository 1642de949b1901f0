import KubeAPI
import KubeClient
import Netlink

/// What the fixed part of the ruleset and the service route follow from: configuration, this Node, and the cluster's
/// ServiceCIDRs, as they are now.
struct NetworkFacts: Sendable {
  private let configuration: Proxy.Configuration
  private(set) var node: NodeFacts?
  private var ranges: [ObjectKey: [IPPrefix]] = [:]

  init(_ configuration: Proxy.Configuration) { self.configuration = configuration }

  /// A Node that is gone leaves behind what was known of it.
  mutating func take(node event: InformerEvent<NodeFacts>) {
    let own = ObjectKey(name: configuration.nodeName)
    switch event {
    case .replaced(let all): node = all[own] ?? node
    case .changed(let key, let facts): if key == own { node = facts }
    case .deleted: break
    }
  }

  mutating func take(serviceCIDRs event: InformerEvent<[IPPrefix]>) {
    switch event {
    case .replaced(let all): ranges = all
    case .changed(let key, let prefixes): ranges[key] = prefixes
    case .deleted(let key): ranges[key] = nil
    }
  }

  /// Where ClusterIPs come from: what the cluster says, or what is configured where it says nothing. In order.
  var serviceCIDRs: [IPPrefix] {
    let stated = ranges.values.flatMap { $0 }
    return IPPrefix.disjoint(stated.isEmpty ? configuration.serviceCIDRs : stated)
  }

  /// The node's own addresses, by which it reaches ClusterIPs.
  var nodeAddresses: [IPAddress] {
    configuration.nodeAddresses.isEmpty ? node?.addresses ?? [] : configuration.nodeAddresses
  }

  /// On which of the node's addresses node ports and health checks answer; nil for all but loopback.
  var nodePortAddresses: [IPPrefix]? {
    let wanted = configuration.nodePortAddresses
    guard wanted != .all else { return nil }
    guard wanted.includesPrimary else { return wanted.prefixes }
    let primary = IPAddress.Family.allCases.compactMap { family in nodeAddresses.first { $0.family == family } }
    return wanted.prefixes + primary.map { IPPrefix($0, length: $0.family.bitCount) }
  }

  /// Where pods have their addresses.
  var clusterCIDRs: [IPPrefix] {
    configuration.localDetection == .nodeCIDRs ? node?.podCIDRs ?? [] : configuration.clusterCIDRs
  }

  var rulesetOptions: Ruleset.Options {
    let detector: Ruleset.Options.LocalDetector =
      switch configuration.localDetection {
      case .clusterCIDRs, .nodeCIDRs: .clusterCIDRs
      case .bridge(let name): .bridge(name)
      case .interfacePrefix(let prefix): .interfacePrefix(prefix)
      }
    var nodePorts = nodePortAddresses ?? []
    // No packet is for the unspecified address: node ports answer nowhere until the Node is known.
    if nodePorts.isEmpty, configuration.nodePortAddresses != .all { nodePorts = [Self.nowhere] }
    var options = Ruleset.Options(
      clusterCIDRs: clusterCIDRs, serviceCIDRs: serviceCIDRs, nodePortAddresses: nodePorts,
      masqueradeAll: configuration.masqueradeAll, localDetector: detector)
    options.countsConnections = configuration.countsConnections
    return options
  }

  private static let nowhere = IPPrefix(IPAddress(v4: 0), length: 32)
}
