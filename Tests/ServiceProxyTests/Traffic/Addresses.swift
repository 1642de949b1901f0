import Netlink
import ServiceProxy
import Testing

/// The addresses of one family in the test network.
struct Addresses: Sendable, CustomTestStringConvertible {
  let family: IPAddress.Family
  let networkLength: Int
  let node: IPAddress
  /// Not there until it is added.
  let otherNode: IPAddress
  let loopback: IPAddress
  let outside: IPAddress
  /// Pods: one that only asks, and two that answer.
  let client: IPAddress
  let first: IPAddress
  let second: IPAddress
  let clusterIP: IPAddress
  let otherClusterIP: IPAddress
  /// In the Service CIDR and nobody's.
  let unallocated: IPAddress
  let externalIP: IPAddress
  let loadBalancer: IPAddress
  /// A range that `outside` is in, and one that it is not in.
  let ownRange: String
  let foreignRange: String

  var testDescription: String { "IPv\(family.rawValue)" }

  /// An address that is written here; a typing error becomes 0.0.0.0, which nothing answers.
  private static func known(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(v4: 0) }

  static let v4 = Addresses(
    family: .v4, networkLength: 24, node: known("192.0.2.1"), otherNode: known("192.0.2.77"),
    loopback: known("127.0.0.1"), outside: known("192.0.2.2"), client: known("10.244.1.9"),
    first: known("10.244.1.2"), second: known("10.244.1.3"), clusterIP: known("10.96.0.10"),
    otherClusterIP: known("10.96.0.11"), unallocated: known("10.96.7.7"), externalIP: known("198.51.100.5"),
    loadBalancer: known("198.51.100.6"), ownRange: "192.0.2.0/28", foreignRange: "203.0.113.0/24")

  static let v6 = Addresses(
    family: .v6, networkLength: 64, node: known("fd00:192::1"), otherNode: known("fd00:192::1077"),
    loopback: known("::1"), outside: known("fd00:192::2"), client: known("fd00:10:244:1::9"),
    first: known("fd00:10:244:1::2"), second: known("fd00:10:244:1::3"), clusterIP: known("fd00:10:96::10"),
    otherClusterIP: known("fd00:10:96::11"), unallocated: known("fd00:10:96::777"),
    externalIP: known("fd00:198::5"), loadBalancer: known("fd00:198::6"), ownRange: "fd00:192::/120",
    foreignRange: "fd00:203::/64")
}

/// A family and a protocol: what most tests of traffic are done for.
struct Way: Sendable, CustomTestStringConvertible {
  let addresses: Addresses
  let transport: Transport

  var testDescription: String { "\(addresses.testDescription) \(transport.name)" }

  static let all: [Way] = [Addresses.v4, .v6].flatMap { addresses in
    [Transport.tcp, .udp].map { Way(addresses: addresses, transport: $0) }
  }
}
