import Netlink

/// The addresses of a benchmark's cluster. They exist in its network namespaces only.
enum BenchNetworks {
  static let node = "bench-node"
  static let nodeAddress = IPAddress(v4: 0xC000_0201)  // 192.0.2.1
  static let serviceCIDR = IPPrefix(IPAddress(v4: 0x0A60_0000), length: 12)  // 10.96.0.0/12
  /// Of all pods: the endpoints and, at its end, the clients.
  static let clusterCIDR = IPPrefix(IPAddress(v4: 0x0A80_0000), length: 12)  // 10.128.0.0/12
  static let endpointCIDR = IPPrefix(IPAddress(v4: 0x0A80_0000), length: 13)  // 10.128.0.0/13
  static let clientCIDR = IPPrefix(IPAddress(v4: 0x0A8F_0000), length: 16)  // 10.143.0.0/16

  /// `lo` has this number in every network namespace.
  static let loopback: Int32 = 1

  /// As many endpoints as there are addresses, without the network's own.
  static let endpointLimit = (1 << 19) - 1

  /// Services begin behind what the API server gives to those of its own.
  static func clusterIP(_ index: Int) -> IPAddress { IPAddress(v4: 0x0A60_0400 + UInt32(index)) }

  static func endpoint(_ number: Int) -> IPAddress { IPAddress(v4: 0x0A80_0001 + UInt32(number)) }
}
