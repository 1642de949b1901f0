import Netlink

/// ClusterIPs and hairpins that come or go. Several Services may want one, so they are compared as a whole.
struct AddressChanges {
  private var clusterIPs: [(address: IPAddress, isWanted: Bool)] = []
  private var hairpins: [(address: IPAddress, isWanted: Bool)] = []

  /// - Parameters:
  ///   - clusterIPs: those that may differ.
  ///   - hairpins: those that may differ.
  init(_ clusterIPs: Set<IPAddress>, _ hairpins: Set<IPAddress>, _ claims: Claims, _ applied: Applied) {
    for address in clusterIPs where claims.isClusterIP(address) != applied.clusterIPs.contains(address) {
      self.clusterIPs.append((address, claims.isClusterIP(address)))
    }
    for address in hairpins where claims.isHairpin(address) != applied.hairpins.contains(address) {
      self.hairpins.append((address, claims.isHairpin(address)))
    }
  }

  func add(to elements: inout ElementChanges) {
    func add(_ bytes: [UInt8], _ isWanted: Bool, _ set: Ruleset.SetName, _ family: IPAddress.Family) {
      if isWanted {
        elements.add(NFElement(bytes), set, family)
      } else {
        elements.delete(NFElement(bytes), set, family)
      }
    }
    for (address, isWanted) in clusterIPs { add(address.bytes, isWanted, .clusterIPs, address.family) }
    for (address, isWanted) in hairpins { add(address.bytes + address.bytes, isWanted, .hairpin, address.family) }
  }

  /// The kernel has taken them.
  func carryOut(in applied: inout Applied) {
    for (address, _) in clusterIPs { applied.toggleClusterIP(address) }
    for (address, _) in hairpins { applied.toggleHairpin(address) }
  }
}
