import CNetlink
import Glibc

/// Which routes to list; `nil` is any. The kernel sorts out by table, origin and interface itself.
public struct RouteFilter: Sendable {
  public var family: IPAddress.Family
  public var table: UInt32?
  public var origin: Route.Origin?
  public var interface: Int32?

  public init(
    _ family: IPAddress.Family, table: UInt32? = Route.mainTable, origin: Route.Origin? = nil, interface: Int32? = nil
  ) {
    self.family = family
    self.table = table
    self.origin = origin
    self.interface = interface
  }

  func matches(_ route: Route) -> Bool {
    route.destination.family == family && (table == nil || route.table == table)
      && (origin == nil || route.origin == origin)
      && (interface == nil || route.interface == interface
        || route.nextHops.contains { $0.interface == interface })
  }
}

extension RouteSocket {
  /// Adds a route. `EEXIST` where one with the same destination, table and priority is there.
  public func add(_ route: Route) throws(NetlinkError) {
    try request("add route", "\(route)", route.message(RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_EXCL))
  }

  /// Adds a route in place of the one with the same destination, table and priority, if there is one.
  public func replace(_ route: Route) throws(NetlinkError) {
    try request("set route", "\(route)", route.message(RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_REPLACE))
  }

  /// Deletes a route. `ESRCH` where there is none like it.
  public func delete(_ route: Route) throws(NetlinkError) {
    try request("delete route", "\(route)", route.message(RTM_DELROUTE, flags: 0))
  }

  public func routes(_ filter: RouteFilter) throws(NetlinkError) -> [Route] {
    var message = RouteMessage(RTM_GETROUTE)
    message.append(filter.family.socketFamily)
    message.append(UInt8(0))
    message.append(UInt16(0))
    message.append(UInt8(0))
    message.append(filter.origin?.rawValue ?? 0)
    message.append(UInt16(0))
    message.append(UInt32(0))
    if let table = filter.table { message.attribute(RTA_TABLE.rawValue, table) }
    if let interface = filter.interface { message.attribute(RTA_OIF.rawValue, interface) }
    do throws(NetlinkError) {
      return try dump("list", "routes", message) { type, payload in
        guard type == RTM_NEWROUTE, let route = Route(payload: payload), filter.matches(route) else { return nil }
        return route
      }
    } catch  where error.errno == ENOENT || error.errno == ENODEV {
      return []  // the table was never used, or the interface is gone
    }
  }

  /// The route that a packet from this namespace to `destination` takes; `nil` where there is none.
  public func route(to destination: IPAddress) throws(NetlinkError) -> Route? {
    var message = RouteMessage(RTM_GETROUTE)
    message.append(destination.family.socketFamily)
    message.append(UInt8(destination.family.bitCount))
    message.append(UInt16(0))
    message.append(UInt64(0))
    message.attribute(RTA_DST.rawValue, destination)
    var route: Route?
    do throws(NetlinkError) {
      try query("find route", "to \(destination)", message) { type, payload in
        if type == RTM_NEWROUTE { route = Route(payload: payload) }
      }
    } catch  where [ENETUNREACH, EHOSTUNREACH, ESRCH, EINVAL, EACCES].contains(error.errno) {
      return nil
    }
    return route
  }
}
