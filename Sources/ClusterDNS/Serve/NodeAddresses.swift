import Glibc
import Netlink

/// The addresses at which pods ask, on the node itself.
enum NodeAddresses {
  /// What must be added to `lo` so that the node has all of `wanted`: /32 and /128, valid on this node only.
  ///
  /// An address that any interface has already is left as it is, and one of 127.0.0.0/8 needs none.
  static func missing(
    _ wanted: [IPAddress], among existing: [InterfaceAddress], loopback: Int32
  ) -> [InterfaceAddress] {
    let held = Set(existing.map(\.address))
    var missing: [InterfaceAddress] = []
    for address in wanted where !address.isLoopback && !address.isUnspecified && !held.contains(address) {
      let new = InterfaceAddress(
        address, interface: loopback, flags: address.isIPv4 ? [] : [.noDuplicateDetection],
        scope: address.isIPv4 ? 254 : 0)
      if !missing.contains(new) { missing.append(new) }
    }
    return missing
  }

  /// Adds what is missing, in the calling thread's namespace. Returns what was added.
  @discardableResult
  static func add(_ wanted: [IPAddress]) throws(NetlinkError) -> [InterfaceAddress] {
    let socket = try RouteSocket()
    let loopback = try socket.index(of: "lo")
    let new = missing(wanted, among: try socket.addresses(), loopback: loopback)
    for address in new {
      do throws(NetlinkError) {
        try socket.add(address)
      } catch  where error.errno == EEXIST {
        // Another process was faster, which is as good.
      }
    }
    return new
  }

  /// Removes from `lo` the addresses that `add` gives to it.
  static func remove(_ wanted: [IPAddress]) throws(NetlinkError) {
    let socket = try RouteSocket()
    let loopback = try socket.index(of: "lo")
    for held in try socket.addresses(interface: loopback)
    where wanted.contains(held.address) && !held.address.isLoopback && held.prefixLength == held.address.family.bitCount
    {
      do throws(NetlinkError) {
        try socket.delete(held)
      } catch  where error.errno == EADDRNOTAVAIL {
      }
    }
  }
}
