import CNetlink
import Glibc

/// Where flows are listed and deleted: the kernel (`ConntrackSocket`), or memory in tests.
public protocol ConntrackConnection: Sendable {
  /// The flows that the filter means and that are wanted; others are not kept, however many there are.
  func flows(
    _ filter: ConntrackFilter, where isWanted: (ConntrackFlow) -> Bool
  ) throws(NetlinkError) -> [ConntrackFlow]
  /// Deletes one flow. One that is gone already is no error.
  func delete(_ flow: ConntrackFlow) throws(NetlinkError)
  /// Deletes all flows that the filter means.
  func deleteAll(_ filter: ConntrackFilter) throws(NetlinkError)
}

extension ConntrackConnection {
  public func flows(_ filter: ConntrackFilter) throws(NetlinkError) -> [ConntrackFlow] {
    try flows(filter) { _ in true }
  }
}

/// Connection tracking of the network namespace that the socket is made in (ctnetlink).
public final class ConntrackSocket: ConntrackConnection {
  private let socket: NetfilterSocket

  public init() throws(NetlinkError) { socket = try NetfilterSocket() }

  private static func type(_ message: cntl_msg_types) -> UInt16 {
    UInt16(NFNL_SUBSYS_CTNETLINK) << 8 | UInt16(message.rawValue)
  }

  private static func family(_ family: IPAddress.Family) -> UInt8 { UInt8(family == .v4 ? AF_INET : AF_INET6) }

  public func flows(
    _ filter: ConntrackFilter, where isWanted: (ConntrackFlow) -> Bool
  ) throws(NetlinkError) -> [ConntrackFlow] {
    var flows: [ConntrackFlow] = []
    try socket.dumpConsistently(
      "connection tracking flows", Self.type(IPCTNL_MSG_CT_GET), family: Self.family(filter.family),
      attributes: { filter.encode(into: &$0) }, reset: { flows = [] }
    ) { message in
      if let flow = ConntrackFlow(message), filter.matches(flow), isWanted(flow) { flows.append(flow) }
    }
    return flows
  }

  public func delete(_ flow: ConntrackFlow) throws(NetlinkError) {
    do throws(NetlinkError) {
      try socket.request(
        "delete flow", "\(flow.original.source) to \(flow.original.destination):\(flow.original.destinationPort)",
        Self.type(IPCTNL_MSG_CT_DELETE), family: Self.family(flow.original.source.family)
      ) {
        flow.original.encode(CTA_TUPLE_ORIG, into: &$0)
        if flow.zone != 0 { $0.put(CTA_ZONE, flow.zone) }
        // Another flow may have taken the same tuple meanwhile.
        if flow.id != 0 { $0.put(CTA_ID, flow.id) }
      }
    } catch {
      guard error.errno == ENOENT else { throw error }
    }
  }

  public func deleteAll(_ filter: ConntrackFilter) throws(NetlinkError) {
    guard filter.kernelComparesAll else {
      for flow in try flows(filter) { try delete(flow) }
      return
    }
    try socket.request(
      "delete flows", "that match a filter", Self.type(IPCTNL_MSG_CT_DELETE), family: Self.family(filter.family),
      version: Self.heedsFamily
    ) { filter.encode(into: &$0) }
  }

  /// In messages of version 0 the kernel deletes the flows of both families, where no CTA_FILTER comes with it.
  private static let heedsFamily: UInt8 = 1
}
