/// How packets reach nodes that are not on a common network. All nodes of a cluster must say the same.
public struct TunnelSettings: Sendable, Hashable {
  /// Which nodes are reached by VXLAN.
  public enum Use: String, Sendable, Hashable, CaseIterable {
    /// Those that no interface's network has.
    case auto
    /// All: for networks that carry packets only from their machines' own addresses.
    case always
    /// None: nodes that no interface's network has are not reached.
    case never
  }

  public var use: Use
  /// The VXLAN network's number, 24 bits.
  public var identifier: UInt32
  /// The UDP port of all nodes; 4789 is VXLAN's (RFC 7348).
  public var port: UInt16

  public init(use: Use = .auto, identifier: UInt32 = 83, port: UInt16 = 4789) {
    self.use = use
    self.identifier = identifier
    self.port = port
  }
}
