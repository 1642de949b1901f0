import Netlink

extension ServiceProgrammer {
  /// Notes which endpoints clients must not be bound to any more: those that are gone, those that are not for clients
  /// from outside any more, and all where there is no affinity any more, for it may begin again.
  mutating func noteAffinity(_ key: FrontendKey, _ old: Frontend, _ new: Frontend?) {
    guard old.stickySeconds > 0 else { return }
    var lost = Set(old.allEndpoints)
    if let new, new.stickySeconds > 0 {
      let gone = lost.subtracting(new.endpoints).subtracting(new.localEndpoints)
      lost = gone.union(Set(old.endpointsForOutside).subtracting(new.endpointsForOutside))
    }
    if !lost.isEmpty { lostEndpoints[key, default: []].formUnion(lost) }
  }

  /// Deletes what binds clients to endpoints that are gone. Rules write these elements, so they are read first; one
  /// may end by itself before it is deleted, and then all are read again.
  mutating func forgetClients(_ report: inout Report) {
    for family in Set(lostEndpoints.keys.map(\.family)) {
      var attempt = Report()
      for _ in 0..<3 {
        attempt = Report()
        if forgetClients(family, &attempt) {
          lostEndpoints = lostEndpoints.filter { $0.key.family != family }
          break
        }
      }
      report.merge(attempt)
    }
  }

  private func forgetClients(_ family: IPAddress.Family, _ report: inout Report) -> Bool {
    let set = Ruleset.SetName.affinity.name(family)
    do throws(NetlinkError) {
      let gone = try connection.elements(of: set, in: Ruleset.table).filter { isLost($0, family) }
      guard !gone.isEmpty else { return true }
      let elements = gone.map { NFElement($0.key, data: $0.data) }
      return commit(
        NFBatch([.deleteElements(elements, Ruleset.table, set: set)]), "session affinity", nil, gone.count, &report)
    } catch {
      report.failures.append(("session affinity", nil, NFCommitError(error)))
      return false
    }
  }

  private func isLost(_ element: NFElement, _ family: IPAddress.Family) -> Bool {
    guard let (key, target) = ElementCodec.binding(element, family) else { return false }
    if let lost = lostEndpoints[key] { return lost.contains(target) }
    guard applied.frontends[key] == nil else { return false }
    return lostEndpoints[FrontendKey(.node(family), key.transport, key.port)]?.contains(target) == true
  }
}

extension Frontend {
  /// Those that clients get who are neither pods nor the node itself.
  fileprivate var endpointsForOutside: [EndpointTarget] { action == .external ? localEndpoints : endpoints }
}
