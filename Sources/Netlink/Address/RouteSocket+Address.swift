import CNetlink
import Glibc

extension RouteSocket {
  /// Adds an address. `EEXIST` where the interface has it.
  public func add(_ address: InterfaceAddress) throws(NetlinkError) {
    try request(
      "add address", "\(address) to link number \(address.interface)",
      address.message(RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_EXCL))
  }

  /// Adds an address, or changes the flags of the one that is there.
  public func replace(_ address: InterfaceAddress) throws(NetlinkError) {
    try request(
      "set address", "\(address) on link number \(address.interface)",
      address.message(RTM_NEWADDR, flags: NLM_F_CREATE | NLM_F_REPLACE))
  }

  /// Deletes an address. `EADDRNOTAVAIL` where the interface does not have it.
  public func delete(_ address: InterfaceAddress) throws(NetlinkError) {
    try request(
      "delete address", "\(address) from link number \(address.interface)", address.message(RTM_DELADDR, flags: 0))
  }

  /// The addresses of one interface or of all, of one family or of both.
  public func addresses(interface: Int32? = nil, family: IPAddress.Family? = nil) throws(NetlinkError)
    -> [InterfaceAddress]
  {
    var message = RouteMessage(RTM_GETADDR)
    message.append(family?.socketFamily ?? 0)
    message.append(UInt8(0))
    message.append(UInt16(0))
    message.append(interface ?? 0)
    do throws(NetlinkError) {
      return try dump("list", "addresses", message) { type, payload in
        guard type == RTM_NEWADDR, let address = InterfaceAddress(payload: payload) else { return nil }
        return interface == nil || address.interface == interface ? address : nil
      }
    } catch  where error.errno == ENODEV {
      return []
    }
  }
}
