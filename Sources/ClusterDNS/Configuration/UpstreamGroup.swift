import Netlink

/// Servers that answer for the same names.
public struct UpstreamGroup: Sendable, Hashable {
  /// Which server is asked first. One that has failed is stepped over.
  public enum Policy: String, Sendable, Hashable, CaseIterable {
    case random, roundRobin, sequential
  }

  public var servers: [Upstream]
  public var policy: Policy
  /// A PEM file with the authorities that sign the certificates of TLS servers; `nil` for those of the system.
  public var authorities: String?

  public init(servers: [Upstream], policy: Policy = .random, authorities: String? = nil) {
    self.servers = servers
    self.policy = policy
    self.authorities = authorities
  }
}

/// A server that other names are asked of.
public struct Upstream: Sendable, Hashable {
  public enum Transport: Sendable, Hashable {
    /// UDP, and TCP for what is too large.
    case udp
    case tcp
    /// DNS over TLS (RFC 7858). The certificate must be for `serverName`, or for the address where there is none.
    case tls(serverName: String?)
  }

  public var address: ListenAddress
  public var transport: Transport

  public init(_ address: ListenAddress, transport: Transport = .udp) {
    self.address = address
    self.transport = transport
  }

  /// Reads `192.0.2.53`, `[fd00::1]:5353`, `tcp://192.0.2.53`, `tls://9.9.9.9:853#dns.quad9.net`. Without a port it is
  /// 53, or 853 for TLS.
  public init?(_ text: some StringProtocol) {
    var rest = text[...]
    var transport = Transport.udp
    if let scheme = rest.range(of: "://") {
      switch rest[..<scheme.lowerBound] {
      case "udp", "dns": break
      case "tcp": transport = .tcp
      case "tls": transport = .tls(serverName: nil)
      default: return nil
      }
      rest = rest[scheme.upperBound...]
    }
    if let hash = rest.firstIndex(of: "#") {
      let name = String(rest[rest.index(after: hash)...])
      guard case .tls = transport, let read = WireName(name), read.bytes.count > 1 else { return nil }
      transport = .tls(serverName: name)
      rest = rest[..<hash]
    }
    let port: UInt16 = if case .tls = transport { 853 } else { 53 }
    guard let address = ListenAddress(text: rest, defaultPort: port) else { return nil }
    self.init(address, transport: transport)
  }
}

extension Upstream: CustomStringConvertible {
  public var description: String {
    switch transport {
    case .udp: "\(address)"
    case .tcp: "tcp://\(address)"
    case .tls(let name): "tls://\(address)" + (name.map { "#\($0)" } ?? "")
    }
  }
}

extension StringProtocol {
  /// The first place of `part`.
  fileprivate func range(of part: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
      start = index(after: start)
    }
    return nil
  }
}
