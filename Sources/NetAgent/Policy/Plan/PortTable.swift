import Netlink

/// The destination ports that a peer may reach, in every protocol.
struct PortTable: Sendable, Hashable {
  struct Range: Sendable, Hashable {
    var transport: Transport
    var first: UInt16
    var last: UInt16
  }

  /// Disjoint, not touching, in order.
  var ranges: [Range]
  /// Whether protocols other than TCP, UDP and SCTP may pass.
  var allowsOthers: Bool

  static let nothing = PortTable(ranges: [], allowsOthers: false)
  static let everything = PortTable(
    ranges: Transport.allCases.sorted().map { Range(transport: $0, first: 0, last: .max) }, allowsOthers: true)

  /// - Parameter transport: an IP protocol number.
  func allows(_ transport: UInt8, _ port: UInt16) -> Bool {
    guard let transport = Transport(rawValue: transport) else { return allowsOthers }
    return ranges.contains { $0.transport == transport && ($0.first...$0.last).contains(port) }
  }

  /// The same text for the same ports in every process.
  var text: String {
    ranges.map { "\($0.transport.rawValue):\($0.first)-\($0.last)" }.joined(separator: ",") + (allowsOthers ? "+" : "")
  }
}

/// A ``PortTable`` as the kernel has it: what is done at once, or the number of the table to look in.
struct PortVerdict: Sendable, Hashable {
  enum Kind: UInt32, Sendable, Hashable {
    case nothing = 0
    case everything = 1
    case some = 2
  }

  var kind: Kind
  /// 0 unless it is some.
  var table: UInt32 = 0

  static let nothing = PortVerdict(kind: .nothing)
  static let everything = PortVerdict(kind: .everything)
}
