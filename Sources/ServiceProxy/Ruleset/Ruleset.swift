public import Netlink

/// The part of the ruleset that does not depend on Services: the table, its sets and the chains that packets walk.
/// README.md has one packet's way through it.
public struct Ruleset: Sendable, Hashable {
  /// What an operator decides.
  public struct Options: Sendable, Hashable {
    /// By what a packet of a pod is known.
    public enum LocalDetector: Sendable, Hashable {
      /// Its source is one of `clusterCIDRs`. Without any of its family, everything passes for a pod's.
      case clusterCIDRs
      /// It came in by this interface: the bridge that the node's pods are attached to.
      case bridge(String)
      /// It came in by an interface whose name begins so.
      case interfacePrefix(String)
    }

    /// What comes to a ClusterIP from anywhere but a pod is masqueraded.
    public var localDetector: LocalDetector
    /// Where pods have their addresses.
    public var clusterCIDRs: [IPPrefix]
    /// Where ClusterIPs come from: what goes there and is no ClusterIP is dropped.
    public var serviceCIDRs: [IPPrefix]
    /// On which of the node's addresses node ports answer; empty for all but loopback.
    public var nodePortAddresses: [IPPrefix]
    /// Masquerades everything to a ClusterIP.
    public var masqueradeAll: Bool

    public init(
      clusterCIDRs: [IPPrefix] = [], serviceCIDRs: [IPPrefix] = [], nodePortAddresses: [IPPrefix] = [],
      masqueradeAll: Bool = false, localDetector: LocalDetector = .clusterCIDRs
    ) {
      self.localDetector = localDetector
      self.clusterCIDRs = clusterCIDRs
      self.serviceCIDRs = serviceCIDRs
      self.nodePortAddresses = nodePortAddresses
      self.masqueradeAll = masqueradeAll
    }
  }

  public static let table = NFTableName(.inet, "skiff-proxy")

  public let options: Options

  public init(_ options: Options) { self.options = options }

  /// The sets of one address family.
  enum SetName: String, CaseIterable, Sendable {
    case dispatch
    case wide
    case local
    case allowed
    case endpoints
    case masquerade
    case masqueradeOwn = "masquerade-own"
    case nodePorts = "nodeports"
    case nodePortWide = "nodeport-wide"
    case nodePortLocal = "nodeport-local"
    case nodePortEndpoints = "nodeport-endpoints"
    case nodePortMasquerade = "nodeport-masquerade"
    case nodePortMasqueradeOwn = "nodeport-masquerade-own"
    case affinity
    case sticky
    case nodePortSticky = "nodeport-sticky"
    case clusterIPs = "cluster-ips"
    case hairpin
    case sourceRanges = "source-ranges"
    case serviceCIDRs = "service-cidrs"
    case podCIDRs = "pod-cidrs"
    case nodePortAddresses = "nodeport-addresses"

    func name(_ family: IPAddress.Family) -> String { "\(rawValue)\(family.rawValue)" }
  }

  /// As many clients as can have a place of their own at once.
  static let affinitySize: UInt32 = 262_144

  static func set(_ name: SetName, _ family: IPAddress.Family) -> NFSet {
    let address: NFDataType = family == .v4 ? .ipv4Address : .ipv6Address
    let frontend: [NFDataType] = [address, .inetProtocol, .inetService]
    let nodePort: [NFDataType] = [.inetProtocol, .inetService]
    let target = NFSet.Content.values([address, .inetService])
    func set(_ key: [NFDataType], _ content: NFSet.Content = .keys, flags: NFSet.Flags = []) -> NFSet {
      NFSet(name.name(family), in: table, key: key, content: content, flags: flags)
    }
    switch name {
    case .dispatch, .wide, .local, .allowed, .sticky: return set(frontend, .verdicts)
    case .nodePorts, .nodePortWide, .nodePortLocal, .nodePortSticky: return set(nodePort, .verdicts)
    case .endpoints: return set(frontend + [.mark], target)
    case .nodePortEndpoints: return set(nodePort + [.mark], target)
    case .masquerade, .masqueradeOwn: return set(frontend)
    case .nodePortMasquerade, .nodePortMasqueradeOwn: return set(nodePort)
    case .clusterIPs: return set([address])
    case .hairpin: return set([address, address])
    case .sourceRanges: return set(frontend + [address], flags: .interval)
    case .serviceCIDRs, .podCIDRs, .nodePortAddresses: return set([address], flags: .interval)
    case .affinity:
      var affinity = set([address] + frontend, target, flags: [.dynamic, .timeout])
      affinity.size = affinitySize
      return affinity
    }
  }

  /// Every set, in an order that does not change.
  var sets: [NFSet] {
    IPAddress.Family.allCases.flatMap { family in SetName.allCases.map { Self.set($0, family) } }
  }

  /// The elements of the sets that follow from the options.
  func fixedElements(_ name: SetName, _ family: IPAddress.Family) -> [NFElement] {
    let prefixes: [IPPrefix] =
      switch name {
      case .serviceCIDRs: options.serviceCIDRs
      case .podCIDRs: options.clusterCIDRs
      case .nodePortAddresses: options.nodePortAddresses
      default: []
      }
    return IPPrefix.disjoint(prefixes.filter { $0.family == family }).flatMap { NFElement.range($0) }
  }
}
