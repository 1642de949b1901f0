import Netlink

/// Lets the node's own programs reach ClusterIPs where no route covers them: a packet needs some route before its
/// destination is translated, and the translated destination is routed anew.
struct ServiceRoute {
  /// Marks routes as this program's (the protocol field of a route; 80 is free in iproute2's table).
  static let origin = Route.Origin(rawValue: 80)
  /// `lo` has this number in every network namespace.
  static let loopback: Int32 = 1

  /// What there shall be routes for.
  struct Wanted: Sendable, Equatable {
    var prefixes: [IPPrefix]
    var nodeAddresses: [IPAddress]
  }

  let socket: RouteSocket

  init() throws(NetlinkError) { socket = try RouteSocket() }

  /// Sets the routes that are missing and deletes those of this program that are not wanted.
  ///
  /// - Returns: how many were set or deleted.
  func reconcile(_ all: Wanted) throws(NetlinkError) -> Int {
    var changes = 0
    for family in IPAddress.Family.allCases {
      let wanted = all.prefixes.filter { $0.family == family }
      let own = try socket.routes(RouteFilter(family, origin: Self.origin))
      for route in own where !wanted.contains(route.destination) {
        try socket.delete(route)
        changes += 1
      }
      guard let source = all.nodeAddresses.first(where: { $0.family == family }) else { continue }
      for prefix in wanted {
        if let route = own.first(where: { $0.destination == prefix }) {
          if route.source == source { continue }
        } else if try socket.route(to: prefix.address.advanced(by: 1)) != nil {
          continue
        }
        try socket.replace(
          Route(to: prefix, interface: Self.loopback, source: source, origin: Self.origin))
        changes += 1
      }
    }
    return changes
  }
}
