/// The protocols that a policy can name.
enum Transport: UInt8, Sendable, Hashable, CaseIterable, Comparable {
  case tcp = 6
  case udp = 17
  case sctp = 132

  /// As Kubernetes writes it; absent is TCP.
  init?(_ name: String?) {
    switch name {
    case nil, "TCP": self = .tcp
    case "UDP": self = .udp
    case "SCTP": self = .sctp
    default: return nil
    }
  }

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
