/// The transport protocols that Kubernetes knows, by their IP protocol numbers.
public enum Transport: UInt8, Sendable, Hashable, CaseIterable, Comparable {
  case tcp = 6
  case udp = 17
  case sctp = 132

  /// As Kubernetes writes it.
  public var name: String {
    switch self {
    case .tcp: "TCP"
    case .udp: "UDP"
    case .sctp: "SCTP"
    }
  }

  /// - Parameter name: as ``name`` is; `nil` for any other.
  public init?(name: String) {
    switch name {
    case "TCP": self = .tcp
    case "UDP": self = .udp
    case "SCTP": self = .sctp
    default: return nil
    }
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
