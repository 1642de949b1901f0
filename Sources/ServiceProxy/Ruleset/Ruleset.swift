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
    /// Looks twice: kernels before 6.17 may miss an element while a transaction replaces it (fixed by the kernel's
    /// commit b2f742c846ca; older ones that have it lose nothing but a little time).
    public var retriesLookups: Bool
    /// Counts the connections that begin to each endpoint, in the elements of the endpoints' maps.
    public var countsConnections = false

    public init(
      clusterCIDRs: [IPPrefix] = [], serviceCIDRs: [IPPrefix] = [], nodePortAddresses: [IPPrefix] = [],
      masqueradeAll: Bool = false, localDetector: LocalDetector = .clusterCIDRs,
      retriesLookups: Bool = KernelVersion.running < KernelVersion(6, 17)
    ) {
      self.localDetector = localDetector
      self.clusterCIDRs = clusterCIDRs
      self.serviceCIDRs = serviceCIDRs
      self.nodePortAddresses = nodePortAddresses
      self.masqueradeAll = masqueradeAll
      self.retriesLookups = retriesLookups
    }
  }

  public static let table = NFTableName(.inet, "skiff-proxy")

  public internal(set) var options: Options

  public init(_ options: Options) { self.options = options }

  func steps(_ family: IPAddress.Family) -> Steps { Steps(family: family, retries: options.retriesLookups) }

  /// The sets of one address family.
  enum SetName: String, CaseIterable, Sendable {
    case frontends
    case endpoints
    case nodePorts = "nodeports"
    case nodePortEndpoints = "nodeport-endpoints"
    case actions
    case choices
    case departures
    case arrivals
    case affinity
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

  func set(_ name: SetName, _ family: IPAddress.Family) -> NFSet {
    let address: NFDataType = family == .v4 ? .ipv4Address : .ipv6Address
    let frontend: [NFDataType] = [address, .inetProtocol, .inetService]
    let nodePort: [NFDataType] = [.inetProtocol, .inetService]
    let target = NFSet.Content.values([address, .inetService])
    let words = NFSet.Content.values(Array(repeating: .mark, count: FrontendWords.count))
    func set(_ key: [NFDataType], _ content: NFSet.Content = .keys, flags: NFSet.Flags = []) -> NFSet {
      NFSet(name.name(family), in: Self.table, key: key, content: content, flags: flags)
    }
    switch name {
    case .frontends: return set(frontend, words)
    case .nodePorts: return set(nodePort, words)
    case .actions, .choices, .departures, .arrivals: return set([.mark], .verdicts)
    case .endpoints, .nodePortEndpoints:
      var endpoints = set((name == .endpoints ? frontend : nodePort) + [.mark], target)
      endpoints.hasCounters = options.countsConnections
      return endpoints
    case .clusterIPs: return set([address])
    case .hairpin: return set([address, address])
    case .sourceRanges: return set(frontend + [address], flags: .interval)
    case .serviceCIDRs, .podCIDRs, .nodePortAddresses: return set([address], flags: .interval)
    case .affinity:
      var affinity = set([address] + frontend, target, flags: [.dynamic, .timeout])
      affinity.size = Self.affinitySize
      return affinity
    }
  }

  /// Every set, in an order that does not change.
  var sets: [NFSet] {
    IPAddress.Family.allCases.flatMap { family in SetName.allCases.map { set($0, family) } }
  }

  /// The sets whose elements do not come from Services, but for those of chains on demand.
  static let fixedSets: [SetName] = [
    .actions, .choices, .departures, .arrivals, .serviceCIDRs, .podCIDRs, .nodePortAddresses,
  ]

  /// The elements of those sets, with those that lead to chains on demand.
  func fixedElements(
    _ name: SetName, _ family: IPAddress.Family, leadingTo chains: some Sequence<OnDemandChain>
  ) -> [NFElement] {
    let entries = chains.filter { $0.family == family }.flatMap(\.entries)
    return fixedElements(name, family) + entries.filter { $0.set == name }.map(\.element)
  }

  /// The elements of those sets, apart from those that lead to chains on demand.
  func fixedElements(_ name: SetName, _ family: IPAddress.Family) -> [NFElement] {
    func ranges(_ prefixes: [IPPrefix]) -> [NFElement] {
      IPPrefix.disjoint(prefixes.filter { $0.family == family }).flatMap { NFElement.range($0) }
    }
    func entry(_ code: UInt32, _ verdict: NFVerdict) -> NFElement {
      NFElement(NFWord.native(code), data: .verdict(verdict))
    }
    func action(_ code: ActionCode, _ chain: String) -> NFElement { entry(code.rawValue, .goto(chain)) }
    let suffix = "\(family.rawValue)"
    let endings = [action(.reject, "refuse"), entry(ActionCode.drop.rawValue, .drop)]
    return switch name {
    case .choices: endings
    case .actions:
      endings + [
        action(.external, "external\(suffix)"),
        action(.nodePortExternal, "nodeport-external\(suffix)"), action(.firewall, "firewall\(suffix)"),
        action(.firewallExternal, "firewall-external\(suffix)"),
      ]
    case .departures: [entry(DepartureCode(.byPlace, seconds: 0).rawValue, .goto(Self.byPlace(family)))]
    case .serviceCIDRs: ranges(options.serviceCIDRs)
    case .podCIDRs: ranges(options.clusterCIDRs)
    case .nodePortAddresses: ranges(options.nodePortAddresses)
    default: []
    }
  }
}
