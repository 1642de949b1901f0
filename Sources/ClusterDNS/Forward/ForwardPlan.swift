/// Whom to ask for which names: what the configuration and the node's resolv.conf come to.
struct ForwardPlan: Sendable, Hashable {
  struct Server: Sendable, Hashable {
    var upstream: Upstream
    /// A PEM file with authorities, for TLS; `nil` for those of the system.
    var authorities: String?
  }

  struct Route: Sendable, Hashable {
    var zone: WireName
    /// Indices of `servers`; none where names of the zone are refused.
    var servers: [Int]
    var policy: UpstreamGroup.Policy
  }

  /// Each server once, whichever routes lead to it.
  private(set) var servers: [Server] = []
  /// The longest zone first; the last one is the root.
  private(set) var routes: [Route] = []

  /// - Parameters:
  ///   - resolvConf: the text of the node's resolv.conf; `nil` where it cannot be read.
  ///   - own: where this server is asked itself. Those are left out, so that no query goes round in circles.
  init(_ configuration: DNSConfiguration, resolvConf: String?, own: [ListenAddress]) {
    let found = ResolvConf.nameServers(resolvConf ?? "").map { Upstream(ListenAddress($0)) }
    add(WireName(), configuration.upstreams ?? UpstreamGroup(servers: found), own)
    for stub in configuration.stubDomains {
      add(stub.zone, stub.upstreams ?? UpstreamGroup(servers: []), own)
    }
    routes.sort { $0.zone.bytes.count > $1.zone.bytes.count }
  }

  private mutating func add(_ zone: WireName, _ group: UpstreamGroup, _ own: [ListenAddress]) {
    var indices: [Int] = []
    for upstream in group.servers where !own.contains(upstream.address) {
      let server = Server(upstream: upstream, authorities: group.authorities)
      let index = servers.firstIndex(of: server) ?? servers.count
      if index == servers.count { servers.append(server) }
      if !indices.contains(index) { indices.append(index) }
    }
    routes.append(Route(zone: zone, servers: indices, policy: group.policy))
  }

  /// Whether files say which certificates are good: they may have changed where their names have not.
  var usesAuthorities: Bool { servers.contains { $0.authorities != nil } }

  /// The route of a name in lower-case wire form: the longest zone that it is within.
  func route(for name: [UInt8]) -> Int {
    let name = WireName(unchecked: name)
    return routes.firstIndex { name.isWithin($0.zone) } ?? routes.count - 1
  }
}
