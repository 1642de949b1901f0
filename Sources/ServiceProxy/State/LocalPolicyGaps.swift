import KubeAPI
import Netlink

/// How many ports of Services have policy Local, endpoints elsewhere, and none on this node: their traffic is dropped.
struct LocalPolicyGaps: Sendable {
  enum Policy: String, Sendable, CaseIterable { case `internal`, external }

  struct Kind: Sendable, Hashable {
    var policy: Policy
    var family: IPAddress.Family
  }

  private var byService: [ObjectKey: [Kind: Int]] = [:]
  private(set) var totals: [Kind: Int] = [:]

  /// Counts a Service anew.
  mutating func update(_ service: ObjectKey, from state: ProxyState) {
    let old = byService[service] ?? [:]
    let new = state.localGaps(of: service)
    guard old != new else { return }
    for (kind, count) in old { totals[kind, default: 0] -= count }
    for (kind, count) in new { totals[kind, default: 0] += count }
    byService[service] = new.isEmpty ? nil : new
  }
}

extension ProxyState {
  fileprivate func localGaps(of key: ObjectKey) -> [LocalPolicyGaps.Kind: Int] {
    guard let service = services[key], service.internalLocal || service.externalLocal else { return [:] }
    let slices = slices(of: key)
    var gaps: [LocalPolicyGaps.Kind: Int] = [:]
    for family in service.families {
      for port in service.ports {
        let selection = EndpointSelection(slices, port: port, family: family, zone: zone)
        guard selection.local.isEmpty, !selection.cluster.isEmpty else { continue }
        if service.internalLocal { gaps[LocalPolicyGaps.Kind(policy: .internal, family: family), default: 0] += 1 }
        if service.externalLocal, service.isReachedFromOutside(port) {
          gaps[LocalPolicyGaps.Kind(policy: .external, family: family), default: 0] += 1
        }
      }
    }
    return gaps
  }
}

extension ServiceDefinition {
  fileprivate func isReachedFromOutside(_ port: Port) -> Bool {
    port.nodePort != 0 || !externalIPs.isEmpty || !loadBalancerIPs.isEmpty
  }
}
