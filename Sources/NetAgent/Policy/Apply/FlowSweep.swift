import Netlink

/// Finds and ends connections that policies do not allow any more.
struct FlowSweep: Sendable {
  let connection: any ConntrackConnection

  /// The flows that come from or lead to one of these addresses, those of the node itself left out: they always pass.
  func flows(of subjects: Set<IPAddress>, nodeAddresses: Set<IPAddress>) throws(NetlinkError) -> [ConntrackFlow] {
    var found: [ConntrackFlow] = []
    for family in IPAddress.Family.allCases {
      found += try connection.flows(ConntrackFilter(family)) { flow in
        let (source, destination) = (flow.original.source, flow.reply.source)
        return (subjects.contains(source) || subjects.contains(destination)) && !nodeAddresses.contains(source)
          && !nodeAddresses.contains(destination)
      }
    }
    return found
  }

  /// Deletes flows. What they send from now on is no established connection.
  func end(_ flows: [ConntrackFlow]) throws(NetlinkError) {
    for flow in flows { try connection.delete(flow) }
  }
}

extension PolicyPlanner {
  /// Whether a flow is allowed between its ends as policies see them: where it came from, and where translation led it.
  func allows(_ flow: ConntrackFlow) -> Bool {
    allows(
      from: flow.original.source, to: flow.reply.source, flow.original.transport, port: flow.reply.sourcePort)
  }

  /// The addresses that policies decide about.
  var subjects: Set<IPAddress> {
    Set(elements.egress.desired.keys).union(elements.ingress.desired.keys)
  }
}
