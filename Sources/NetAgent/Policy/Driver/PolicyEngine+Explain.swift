import Netlink
import Telemetry

extension PolicyEngine {
  /// Adds to a pod's explanation which policies decide about it, and what of them the kernel lacks.
  func explain(_ lease: AddressLease, _ explanation: inout PodExplanation) throws {
    let lines = inspect { planner in lease.addresses.first.map { planner.words(about: $0) } ?? [] }
    explanation.add("policies", lines)
    if let difference = try difference(at: lease.addresses) { explanation.differences.append(difference) }
  }

  /// Packets that were dropped, as the kernel's counter says; it begins anew when the table is made anew. Nothing where
  /// the kernel cannot be read, which is logged.
  func deniedPackets() -> [MetricSnapshot] {
    let rules: [NFRule]
    do throws(NetlinkError) {
      rules = try connection.rules(in: PolicyRuleset.table)
    } catch {
      logger.warning("cannot read the count of packets that policies denied", metadata: ["error": "\(error)"])
      return []
    }
    let count = rules.filter { $0.chain == PolicyRuleset.denied }.reduce(0) { $0 + $1.countedPackets }
    return [
      MetricSnapshot(
        name: "skiff_policy_denied_packets_total", help: "Packets that policies did not let pass.", kind: .counter,
        samples: [MetricSnapshot.Sample(value: Double(count))])
    ]
  }
}

extension PolicyPlanner {
  /// What decides about an address of this node's pods, for people.
  fileprivate func words(about address: IPAddress) -> [String] {
    guard let place = places[address], !place.isClosed else {
      return places[address] == nil
        ? ["no policy selects it: everything passes"] : ["the pod is not known: nothing passes"]
    }
    var lines = PolicyDirection.allCases.map { direction -> String in
      guard let profile = place.profile(direction).flatMap({ profiles[$0] }) else {
        return "\(direction.rawValue): no policy selects it, everything passes"
      }
      let names = profile.key.policies.map { "\($0)" }.joined(separator: ", ")
      return "\(direction.rawValue): \(names) (profile \(profile.number))"
    }
    let meant = (peers[place.identity] ?? peers[place.group]).map { $0.terms.count } ?? 0
    if meant > 0 {
      lines.append("\(meant) peers of policies' rules mean it (identity \(place.identity), group \(place.group))")
    }
    return lines
  }
}
