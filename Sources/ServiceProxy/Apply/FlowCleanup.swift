import Netlink

/// Ends UDP and SCTP flows that lead to endpoints which are gone, or to nobody though there are endpoints now. TCP ends
/// by itself.
struct FlowCleanup: Sendable {
  let connection: any ConntrackConnection
  /// The node's own addresses, which node ports are on.
  let nodeAddresses: @Sendable () throws(NetlinkError) -> Set<IPAddress>

  /// For so many frontends of a protocol the kernel is asked one by one, and picks their flows itself. Each question makes
  /// it walk through its whole table; so for more there is one, and they are picked here as they come.
  static let mostQuestions = 8

  /// Deletes the flows through frontends that lead anywhere but to the endpoints which these have now.
  ///
  /// - Parameters:
  ///   - changed: frontends of one family that lost endpoints or had none, with those that they have.
  ///   - isFrontend: whether there is such a frontend. What goes to one is not for a node port of the same number.
  /// - Returns: how many were deleted.
  func clean(
    _ changed: [FrontendKey: [EndpointTarget]], isFrontend: (FrontendKey) -> Bool
  ) throws(NetlinkError) -> Int {
    let kept = changed.mapValues { Set($0) }
    let own = changed.keys.contains(where: \.isNodePort) ? try nodeAddresses() : []
    var count = 0
    for filter in Self.filters(changed.keys) {
      let stale = try connection.flows(filter) { flow in
        guard let transport = Transport(rawValue: flow.original.transport) else { return false }
        let (address, port) = (flow.original.destination, flow.original.destinationPort)
        var key = FrontendKey(.address(address), transport, port)
        if kept[key] == nil, !isFrontend(key), own.contains(address) {
          key = FrontendKey(.node(address.family), transport, port)
        }
        return kept[key].map { Self.isStale(flow, $0) } ?? false
      }
      for flow in stale {
        try connection.delete(flow)
        count += 1
      }
    }
    return count
  }

  private static func filters(_ keys: some Collection<FrontendKey>) -> [ConntrackFilter] {
    var filters: [ConntrackFilter] = []
    for (_, alike) in Dictionary(grouping: keys, by: { [$0.family.rawValue, $0.transport.rawValue] }) {
      if alike.count <= mostQuestions {
        filters += alike.map(filter)
      } else if let key = alike.first {
        filters.append(ConntrackFilter(key.family, transport: key.transport.rawValue))
      }
    }
    return filters
  }

  /// The flows whose clients asked for a frontend; of a node port, those to the same port of other machines too.
  static func filter(_ key: FrontendKey) -> ConntrackFilter {
    var original = ConntrackFilter.Direction(destinationPort: key.port)
    if case .address(let address) = key.place { original.destination = address }
    return ConntrackFilter(key.family, transport: key.transport.rawValue, original: original)
  }

  static func isTranslated(_ flow: ConntrackFlow) -> Bool {
    flow.reply.source != flow.original.destination || flow.reply.sourcePort != flow.original.destinationPort
  }

  static func isStale(_ flow: ConntrackFlow, _ kept: Set<EndpointTarget>) -> Bool {
    // Before the frontend had endpoints its packets went nowhere; with none now it does not matter.
    if !isTranslated(flow) && kept.isEmpty { return false }
    return !kept.contains(EndpointTarget(flow.reply.source, flow.reply.sourcePort))
  }
}
