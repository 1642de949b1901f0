/// The protocols that a Service may have.
public enum Transport: UInt8, Sendable, Hashable, CaseIterable {
  case tcp = 6
  case udp = 17
  case sctp = 132

  /// As Kubernetes writes it; absent is TCP.
  init?(_ name: String?) {
    switch name {
    case nil, "", "TCP": self = .tcp
    case "UDP": self = .udp
    case "SCTP": self = .sctp
    default: return nil
    }
  }

  public var name: String {
    switch self {
    case .tcp: "TCP"
    case .udp: "UDP"
    case .sctp: "SCTP"
    }
  }

  /// Whether flows outlive the endpoint they lead to, because nothing in the protocol ends them.
  var needsFlowCleanup: Bool { self != .tcp }
}
