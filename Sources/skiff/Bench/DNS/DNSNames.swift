import ClusterDNS
import Netlink

/// What is asked of a DNS server for the benchmark's Services, and the same names as zone files for servers that are no
/// part of a cluster.
struct DNSNames: Sendable {
  static let domain = "cluster.local"
  /// Names that an upstream has.
  static let outside = 1_000

  let services: Int

  private static func name(_ index: Int) -> String {
    "\(BenchObjects.name(index)).\(BenchObjects.namespace).svc.\(domain)"
  }

  static func address(_ index: Int) -> CheckedQuery? { .address(name(index), BenchNetworks.clusterIP(index)) }
  static func absence(_ index: Int) -> CheckedQuery? { .noName(name(index)) }
  static func outsideName(_ number: Int) -> String { "host-\(number).example.org" }

  /// At most 20,000 queries, in an order that does not follow the Services'.
  func queries(_ kind: DNSLoadKind) -> [CheckedQuery] {
    if kind == .forwarded {
      return (0..<Self.outside).compactMap { number in
        let number = number * 79 % Self.outside
        return .address(Self.outsideName(number), BenchUpstream.address(number))
      }
    }
    return (0..<min(services, 20_000)).compactMap { position in
      let index = position * 7919 % services
      let name = Self.name(index)
      switch (kind, position % 5) {
      case (.address, _), (.mixed, 0): return Self.address(index)
      case (.mixed, 1): return .noData(name)
      case (.mixed, 2): return .service("_http._tcp.\(name)", port: UInt16(BenchObjects.port), target: name)
      case (.mixed, 3): return .pointer(BenchNetworks.clusterIP(index), name)
      default: return .noName("absent-\(name)")
      }
    }
  }

  /// The first of the Services, the last, and some sixty between them.
  var probes: [CheckedQuery] {
    (Array(stride(from: 0, to: services, by: max(1, services / 64))) + [services - 1]).compactMap(Self.address)
  }

  // MARK: Zone files (RFC 1035 §5)

  private static func head(_ zone: String) -> String {
    """
    $ORIGIN \(zone).
    $TTL 5
    @ SOA ns.dns.\(domain). hostmaster.\(domain). 1 7200 1800 86400 5
    @ NS ns.dns.\(domain).

    """
  }

  /// The zone of the cluster's domain: addresses and SRV records.
  var zone: [UInt8] {
    var text = Self.head(Self.domain) + "ns.dns A \(DNSProgram.address.address)\n"
    for index in 0..<services {
      let name = "\(BenchObjects.name(index)).\(BenchObjects.namespace).svc"
      text += "\(name) A \(BenchNetworks.clusterIP(index))\n"
      text += "_http._tcp.\(name) SRV 0 100 \(BenchObjects.port) \(name)\n"
    }
    return Array(text.utf8)
  }

  /// The zone `10.in-addr.arpa`: the Services' addresses.
  var reverseZone: [UInt8] {
    var text = Self.head("10.in-addr.arpa")
    for index in 0..<services {
      let bytes = BenchNetworks.clusterIP(index).bytes
      text += "\(bytes[3]).\(bytes[2]).\(bytes[1]) PTR \(Self.name(index)).\n"
    }
    return Array(text.utf8)
  }
}

/// What the clients of a run ask for.
enum DNSLoadKind: String, CaseIterable, Sendable {
  /// A records of Services.
  case address
  /// Names that do not exist.
  case missing
  /// A, AAAA (which the Services lack), SRV, PTR and names that do not exist, in equal parts.
  case mixed
  /// Names of an upstream, whose answers the server has kept.
  case forwarded
}

enum DNSTransport: String, CaseIterable, Sendable {
  case udp, tcp
}
