import Netlink

/// Ends UDP and SCTP flows that lead to endpoints which are gone. TCP ends by itself.
///
/// The kernel picks by frontend and protocol; only those flows are looked at here.
struct FlowCleanup: Sendable {
  let connection: any ConntrackConnection

  /// Deletes the flows through a frontend that lead anywhere but to `current`.
  ///
  /// - Returns: how many were deleted.
  func clean(_ key: FrontendKey, keeping current: [EndpointTarget]) throws(NetlinkError) -> Int {
    let kept = Set(current)
    var count = 0
    for flow in try connection.flows(Self.filter(key)) {
      guard Self.isStale(flow, key, kept) else { continue }
      try connection.delete(flow)
      count += 1
    }
    return count
  }

  /// The flows whose clients asked for a frontend.
  static func filter(_ key: FrontendKey) -> ConntrackFilter {
    var original = ConntrackFilter.Direction(destinationPort: key.port)
    if case .address(let address) = key.place { original.destination = address }
    return ConntrackFilter(key.family, transport: key.transport.rawValue, original: original)
  }

  static func isTranslated(_ flow: ConntrackFlow) -> Bool {
    flow.reply.source != flow.original.destination || flow.reply.sourcePort != flow.original.destinationPort
  }

  static func isStale(_ flow: ConntrackFlow, _ key: FrontendKey, _ kept: Set<EndpointTarget>) -> Bool {
    let leadsTo = EndpointTarget(flow.reply.source, flow.reply.sourcePort)
    let isTranslated = isTranslated(flow)
    // To a node port without translation goes whatever happens to use that port number, to other machines too.
    if key.isNodePort && !isTranslated { return false }
    // Before the frontend had endpoints its packets went nowhere; with none now it does not matter.
    if !isTranslated && kept.isEmpty { return false }
    return !kept.contains(leadsTo)
  }
}
