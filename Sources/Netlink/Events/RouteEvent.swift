import CNetlink

/// Something that changed in a namespace, as the kernel tells it.
public enum RouteEvent: Sendable, Hashable {
  case link(Link)
  case linkDeleted(Link)
  case address(InterfaceAddress)
  case addressDeleted(InterfaceAddress)
  case route(Route)
  case routeDeleted(Route)
  case rule(RoutingRule)
  case ruleDeleted(RoutingRule)
  case interfaceForwarding(InterfaceForwarding)
  case neighbour(Neighbour)
  case neighbourDeleted(Neighbour)
  case forwarding(ForwardingEntry)
  case forwardingDeleted(ForwardingEntry)
  /// A queueing discipline or a filter of this interface was deleted.
  case trafficControlDeleted(Int32)
  /// Events were lost: read again what you need.
  case overrun

  init?(type: UInt16, payload: ArraySlice<UInt8>) {
    let event: RouteEvent? =
      switch Int(type) {
      case Int(RTM_NEWLINK): Self.link(of: payload).map { .link($0) }
      case Int(RTM_DELLINK): Self.link(of: payload).map { .linkDeleted($0) }
      case Int(RTM_NEWADDR): InterfaceAddress(payload: payload).map { .address($0) }
      case Int(RTM_DELADDR): InterfaceAddress(payload: payload).map { .addressDeleted($0) }
      case Int(RTM_NEWROUTE): Route(payload: payload).map { .route($0) }
      case Int(RTM_DELROUTE): Route(payload: payload).map { .routeDeleted($0) }
      case Int(RTM_NEWRULE): RoutingRule(payload: payload).map { .rule($0) }
      case Int(RTM_DELRULE): RoutingRule(payload: payload).map { .ruleDeleted($0) }
      case Int(RTM_NEWNETCONF): InterfaceForwarding(payload: payload).map { .interfaceForwarding($0) }
      case Int(RTM_NEWNEIGH):
        ForwardingEntry(payload: payload).map { .forwarding($0) } ?? Neighbour(payload: payload).map { .neighbour($0) }
      case Int(RTM_DELNEIGH):
        ForwardingEntry(payload: payload).map { .forwardingDeleted($0) }
          ?? Neighbour(payload: payload).map { .neighbourDeleted($0) }
      case Int(RTM_DELQDISC), Int(RTM_DELTFILTER):
        TrafficControlHeader(payload: payload).map { .trafficControlDeleted($0.interface) }
      default: nil
      }
    guard let event else { return nil }
    self = event
  }

  /// What the messages of a datagram tell; one whose length does not fit ends it.
  static func events(in datagram: ArraySlice<UInt8>) -> [RouteEvent] {
    var events: [RouteEvent] = []
    var rest = datagram
    while let size = rest.load(UInt32.self), size >= RouteMessage.headerSize, rest.count >= Int(size),
      let type = rest.load(UInt16.self, at: 4)
    {
      let payload = rest.prefix(Int(size)).dropFirst(RouteMessage.headerSize)
      if let event = RouteEvent(type: type, payload: payload) { events.append(event) }
      rest = rest.dropFirst((Int(size) + 3) & ~3)
    }
    return events
  }

  private static func link(of payload: ArraySlice<UInt8>) -> Link? {
    // A bridge reports its ports with the same message and the family AF_BRIDGE, without most of the attributes.
    guard payload.first == 0, let link = Link(payload: payload), !link.name.isEmpty else { return nil }
    return link
  }
}

/// What to be told about.
public struct RouteEventKinds: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let links = RouteEventKinds(rawValue: 1 << 0)
  public static let addresses = RouteEventKinds(rawValue: 1 << 1)
  public static let routes = RouteEventKinds(rawValue: 1 << 2)
  /// Neighbours and forwarding entries.
  public static let neighbours = RouteEventKinds(rawValue: 1 << 3)
  /// Queueing disciplines and filters.
  public static let trafficControl = RouteEventKinds(rawValue: 1 << 4)
  /// Rules that choose a routing table.
  public static let rules = RouteEventKinds(rawValue: 1 << 5)
  /// Whether interfaces pass packets on.
  public static let interfaceForwarding = RouteEventKinds(rawValue: 1 << 6)
  public static let all: RouteEventKinds = [
    .links, .addresses, .routes, .neighbours, .trafficControl, .rules, .interfaceForwarding,
  ]

  /// `RTNLGRP_*`.
  var groups: [Int32] {
    var groups: [UInt32] = []
    if contains(.links) { groups += [RTNLGRP_LINK.rawValue] }
    if contains(.addresses) { groups += [RTNLGRP_IPV4_IFADDR.rawValue, RTNLGRP_IPV6_IFADDR.rawValue] }
    if contains(.routes) { groups += [RTNLGRP_IPV4_ROUTE.rawValue, RTNLGRP_IPV6_ROUTE.rawValue] }
    if contains(.neighbours) { groups += [RTNLGRP_NEIGH.rawValue] }
    if contains(.trafficControl) { groups += [RTNLGRP_TC.rawValue] }
    if contains(.rules) { groups += [RTNLGRP_IPV4_RULE.rawValue, RTNLGRP_IPV6_RULE.rawValue] }
    if contains(.interfaceForwarding) { groups += [RTNLGRP_IPV4_NETCONF.rawValue, RTNLGRP_IPV6_NETCONF.rawValue] }
    return groups.map { Int32($0) }
  }
}
