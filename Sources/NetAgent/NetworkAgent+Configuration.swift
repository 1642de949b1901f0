public import Netlink

extension NetworkAgent {
  /// What an agent is told. All paths are free, so that several nodes can share a machine.
  public struct Configuration: Sendable {
    /// The Node object of this machine.
    public var nodeName: String
    /// Where all pods of the cluster have their addresses: traffic to them keeps its source.
    public var clusterCIDRs: [IPPrefix]
    public var serviceCIDRs: [IPPrefix]
    /// Where the nodes are known from, in place of the API server.
    public var nodes: NodesFile?
    /// How nodes of other networks are reached.
    public var tunnels = TunnelSettings()
    /// The folder of the address journal. It must outlive the process.
    public var stateDirectory: String
    /// The unix socket that `skiff-cni` calls; at most 107 bytes.
    public var socketPath: String
    /// Where the runtime looks for CNI configurations (`conf_dir`).
    public var cniConfigDirectory: String
    /// Where the runtime looks for CNI plugins (`bin_dir`): links `skiff-cni` and `loopback` are made in it.
    public var cniBinDirectory: String
    /// The path of the executable `skiff-cni`.
    public var cniExecutable: String
    /// Whether NetworkPolicies and ClusterNetworkPolicies are enforced.
    public var enforcesPolicies = true

    public init(
      nodeName: String, clusterCIDRs: [IPPrefix] = [], serviceCIDRs: [IPPrefix] = [],
      stateDirectory: String = "/var/lib/skiff/network", socketPath: String = "/run/skiff/cni.sock",
      cniConfigDirectory: String = "/etc/cni/net.d", cniBinDirectory: String = "/opt/cni/bin",
      cniExecutable: String = "/usr/libexec/skiff/skiff-cni"
    ) {
      self.nodeName = nodeName
      self.clusterCIDRs = clusterCIDRs
      self.serviceCIDRs = serviceCIDRs
      self.stateDirectory = stateDirectory
      self.socketPath = socketPath
      self.cniConfigDirectory = cniConfigDirectory
      self.cniBinDirectory = cniBinDirectory
      self.cniExecutable = cniExecutable
    }
  }
}
