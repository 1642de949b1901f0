public import Netlink

/// What the proxy needs to know of a Service.
public struct ServiceDefinition: Sendable, Hashable {
  public struct Port: Sendable, Hashable {
    /// What EndpointSlices name it by; empty where the Service has one port without a name.
    public var name: String
    public var transport: Transport
    public var port: UInt16
    /// Zero where there is none.
    public var nodePort: UInt16

    public init(name: String = "", transport: Transport = .tcp, port: UInt16, nodePort: UInt16 = 0) {
      self.name = name
      self.transport = transport
      self.port = port
      self.nodePort = nodePort
    }
  }

  public var clusterIPs: [IPAddress]
  public var externalIPs: [IPAddress]
  /// Those of the status that this node answers for: `ipMode` absent or VIP.
  public var loadBalancerIPs: [IPAddress]
  public var ports: [Port]
  /// `externalTrafficPolicy: Local`
  public var externalLocal: Bool
  /// `internalTrafficPolicy: Local`
  public var internalLocal: Bool
  /// Seconds for which a client keeps its endpoint; zero without session affinity.
  public var affinitySeconds: UInt32
  /// Who may use the load balancer's addresses; nil for everyone.
  public var sourceRanges: [IPPrefix]?
  /// Zero where there is none.
  public var healthCheckNodePort: UInt16
  /// What was wrong in the object and is left out.
  public var problems: [String]

  public init(
    clusterIPs: [IPAddress], ports: [Port], externalIPs: [IPAddress] = [], loadBalancerIPs: [IPAddress] = [],
    externalLocal: Bool = false, internalLocal: Bool = false, affinitySeconds: UInt32 = 0,
    sourceRanges: [IPPrefix]? = nil, healthCheckNodePort: UInt16 = 0, problems: [String] = []
  ) {
    self.clusterIPs = clusterIPs
    self.ports = ports
    self.externalIPs = externalIPs
    self.loadBalancerIPs = loadBalancerIPs
    self.externalLocal = externalLocal
    self.internalLocal = internalLocal
    self.affinitySeconds = affinitySeconds
    self.sourceRanges = sourceRanges
    self.healthCheckNodePort = healthCheckNodePort
    self.problems = problems
  }

  public var families: [IPAddress.Family] {
    IPAddress.Family.allCases.filter { family in clusterIPs.contains { $0.family == family } }
  }
}
