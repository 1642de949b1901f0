import Netlink

extension PolicyPlanner {
  /// Whether a connection may be made, as the table decides it.
  ///
  /// - Parameters:
  ///   - transport: an IP protocol number.
  ///   - port: of the destination, after translation.
  func allows(from source: IPAddress, to destination: IPAddress, _ transport: UInt8, port: UInt16) -> Bool {
    if source == destination, elements.own[source] != nil { return true }
    return allows(.egress, source, destination, transport, port)
      && allows(.ingress, destination, source, transport, port)
  }

  /// Whether policies decide about connections from or to an address.
  func decides(about address: IPAddress) -> Bool {
    elements.egress[address] != nil || elements.ingress[address] != nil
  }

  private func allows(
    _ direction: PolicyDirection, _ subject: IPAddress, _ peer: IPAddress, _ transport: UInt8, _ port: UInt16
  ) -> Bool {
    guard let found = elements[direction][subject] else { return true }
    return table(of: verdict(found, peer)).allows(transport, port)
  }

  private func verdict(_ subject: PolicyElements.Subject, _ peer: IPAddress) -> PortVerdict {
    guard let profile = profiles[subject.profile] else { return subject.standard }
    if let found = elements.peers[peer] {
      return profile.verdicts[found.identity] ?? profile.verdicts[found.group] ?? subject.standard
    }
    let found = blocks[subject.blocks]?.table.first { $0.first <= peer && peer <= $0.last }
    return found?.verdict ?? subject.standard
  }
}
