public import Netlink

extension Proxy {
  public struct Configuration: Sendable {
    /// By what packets of pods are known: those that are from elsewhere are masqueraded on their way to a ClusterIP.
    public enum LocalDetection: Sendable, Hashable {
      /// Their source is one of `clusterCIDRs`; where there are none of a family, everything passes for a pod's.
      case clusterCIDRs
      /// Their source is one of the Node's `spec.podCIDRs`.
      case nodeCIDRs
      /// They come in by this interface, the bridge of the node's pods.
      case bridge(String)
      /// They come in by an interface whose name begins so.
      case interfacePrefix(String)
    }

    /// On which of the node's addresses node ports answer; loopback is never one of them.
    public struct NodePortAddresses: Sendable, Hashable {
      public var prefixes: [IPPrefix]
      /// The Node's first address of each family.
      public var includesPrimary: Bool

      public init(_ prefixes: [IPPrefix], includesPrimary: Bool = false) {
        self.prefixes = prefixes
        self.includesPrimary = includesPrimary
      }

      public static let all = NodePortAddresses([])
    }

    /// The Node this runs on; endpoints on it are local.
    public var nodeName: String
    public var localDetection: LocalDetection
    /// Where pods have their addresses.
    public var clusterCIDRs: [IPPrefix]
    /// Where ClusterIPs come from, as long as the cluster has no ServiceCIDR objects that say it.
    public var serviceCIDRs: [IPPrefix]
    public var nodePortAddresses: NodePortAddresses
    /// Masquerades everything to a ClusterIP.
    public var masqueradeAll: Bool
    /// Counts the connections that begin, by Service and by endpoint, for the metrics. It costs the kernel a counter for
    /// each endpoint, and a reading of all of them whenever metrics are asked for.
    public var countsConnections = false
    /// Sets a route for the service CIDRs where none covers them, so that the node's own programs reach ClusterIPs.
    public var setsServiceRoute: Bool
    /// The source of those packets; empty for the Node's InternalIPs.
    public var nodeAddresses: [IPAddress]
    /// Limits and times of connection tracking; nil to leave them all as they are.
    public var conntrack: ConntrackSettings?
    /// Deletes the tables of kube-proxy's nftables mode, once this proxy's is complete.
    public var removesKubeProxyTables: Bool
    /// How long a change may wait before `/healthz` says so.
    public var healthDeadline: Duration
    /// The network namespace to work in; nil for the process's.
    public var namespace: NetworkNamespace?

    public init(
      nodeName: String, localDetection: LocalDetection = .clusterCIDRs, clusterCIDRs: [IPPrefix] = [],
      serviceCIDRs: [IPPrefix] = [], nodePortAddresses: NodePortAddresses = .all, masqueradeAll: Bool = false,
      setsServiceRoute: Bool = true, nodeAddresses: [IPAddress] = [], conntrack: ConntrackSettings? = nil,
      removesKubeProxyTables: Bool = false, healthDeadline: Duration = .seconds(60)
    ) {
      self.nodeName = nodeName
      self.localDetection = localDetection
      self.clusterCIDRs = clusterCIDRs
      self.serviceCIDRs = serviceCIDRs
      self.nodePortAddresses = nodePortAddresses
      self.masqueradeAll = masqueradeAll
      self.setsServiceRoute = setsServiceRoute
      self.nodeAddresses = nodeAddresses
      self.conntrack = conntrack
      self.removesKubeProxyTables = removesKubeProxyTables
      self.healthDeadline = healthDeadline
    }
  }
}
