public import Netlink

/// What the kernel holds for a frontend now, and what it did with it.
public struct KernelFrontend: Sendable {
  public var frontend: Frontend
  /// Connections that were begun to each endpoint, since its element is there; empty where they are not counted.
  public var connections: [EndpointTarget: UInt64] = [:]
  /// Connections that connection tracking knows now, by endpoint.
  public var flows: [EndpointTarget: Int] = [:]
  /// Clients that are bound to an endpoint by session affinity.
  public var boundClients = 0

  /// Reads some frontends. It takes a dump of all maps, whatever is asked for, and one more where connections are counted.
  ///
  /// - Throws: the kernel's error. Where there is no table, nothing is found.
  public static func read(
    _ keys: Set<FrontendKey>, from connection: any NFTablesConnection, _ conntrack: any ConntrackConnection
  ) throws(NetlinkError) -> [FrontendKey: KernelFrontend] {
    var options = Ruleset.Options()
    // Otherwise the sets would be taken for another program's.
    options.countsConnections = try connection.sets(in: Ruleset.table).contains(where: \.hasCounters)
    let reading = try KernelReading(connection, Ruleset(options))
    guard reading.fixed != .absent else { return [:] }
    var found: [FrontendKey: KernelFrontend] = [:]
    for key in keys { found[key] = reading.applied.frontends[key].map { KernelFrontend(frontend: $0) } }
    if options.countsConnections {
      for reading in try ConnectionCounter.read(connection) {
        found[reading.frontend]?.connections[reading.target, default: 0] += reading.connections
      }
    }
    for family in Set(keys.map(\.family)) {
      for element in try connection.elements(of: Ruleset.SetName.affinity.name(family), in: Ruleset.table) {
        guard let (key, _) = ElementCodec.binding(element, family) else { continue }
        found[key]?.boundClients += 1
      }
    }
    for key in keys {
      for flow in try conntrack.flows(FlowCleanup.filter(key)) where FlowCleanup.isTranslated(flow) {
        found[key]?.flows[EndpointTarget(flow.reply.source, flow.reply.sourcePort), default: 0] += 1
      }
    }
    return found
  }
}
