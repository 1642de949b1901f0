import CNetlink
import Glibc

extension RouteSocket {
  /// Sets a neighbour, in place of what is known of its address.
  public func replace(_ neighbour: Neighbour) throws(NetlinkError) {
    try request(
      "set neighbour", "\(neighbour.address) on link number \(neighbour.interface)",
      neighbour.message(RTM_NEWNEIGH, flags: NLM_F_CREATE | NLM_F_REPLACE))
  }

  /// Deletes a neighbour. `ENOENT` where it is not known.
  public func delete(_ neighbour: Neighbour) throws(NetlinkError) {
    try request(
      "delete neighbour", "\(neighbour.address) on link number \(neighbour.interface)",
      neighbour.message(RTM_DELNEIGH, flags: 0))
  }

  /// The neighbours on one interface or on all.
  public func neighbours(_ family: IPAddress.Family, interface: Int32? = nil) throws(NetlinkError) -> [Neighbour] {
    var message = RouteMessage(RTM_GETNEIGH)
    NeighbourMessage.header(&message, family: family.socketFamily, interface: 0)
    if let interface { message.attribute(NDA_IFINDEX, UInt32(bitPattern: interface)) }
    return try dump("list", "neighbours", message) { type, payload in
      guard type == RTM_NEWNEIGH, let neighbour = Neighbour(payload: payload) else { return nil }
      return interface == nil || neighbour.interface == interface ? neighbour : nil
    }
  }

  /// Sets where an Ethernet address is, in place of what the table says of it.
  public func replace(_ entry: ForwardingEntry) throws(NetlinkError) {
    try request(
      "set forwarding entry", "\(entry.hardwareAddress) on link number \(entry.interface)",
      entry.message(RTM_NEWNEIGH, flags: NLM_F_CREATE | NLM_F_REPLACE))
  }

  /// Deletes a forwarding entry. `ENOENT` where there is none.
  public func delete(_ entry: ForwardingEntry) throws(NetlinkError) {
    try request(
      "delete forwarding entry", "\(entry.hardwareAddress) on link number \(entry.interface)",
      entry.message(RTM_DELNEIGH, flags: 0))
  }

  /// The forwarding table of a VXLAN device or a bridge's port.
  public func forwardingEntries(interface: Int32) throws(NetlinkError) -> [ForwardingEntry] {
    var message = RouteMessage(RTM_GETNEIGH)
    NeighbourMessage.header(&message, family: UInt8(AF_BRIDGE), interface: interface)
    return try dump("list", "forwarding entries", message) { type, payload in
      guard type == RTM_NEWNEIGH, let entry = ForwardingEntry(payload: payload) else { return nil }
      return entry.interface == interface ? entry : nil
    }
  }
}
