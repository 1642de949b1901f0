import Netlink

/// The network that joins the host and the nodes of a local cluster: the host is its first address, the nodes follow.
struct NodeNetwork: Sendable, Hashable {
  let prefix: IPPrefix

  var host: IPAddress { address(1) }
  func node(_ number: Int) -> IPAddress { address(UInt32(1 + number)) }

  private func address(_ number: UInt32) -> IPAddress {
    IPAddress(v4: prefix.address.bytes.reduce(0) { $0 << 8 | UInt32($1) } + number)
  }

  /// The first /24 of 10.89.0.0/16 that none of `taken` overlaps, counted from a place that follows from `name`, so
  /// that a cluster keeps its network when it is made again.
  static func choose(for name: String, taken: [IPPrefix]) -> NodeNetwork? {
    let start = name.utf8.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }
    for offset in 0..<UInt32(256) {
      let third = (start &+ offset) % 256
      let candidate = IPPrefix(IPAddress(v4: 0x0A59_0000 | third << 8), length: 24)
      if !taken.contains(where: candidate.overlaps) { return NodeNetwork(prefix: candidate) }
    }
    return nil
  }
}
