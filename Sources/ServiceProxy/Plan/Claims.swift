import KubeAPI
import Netlink

/// Which Service has which frontend. Two Services may name the same external IP and port: the one whose key is
/// first has it, so that the outcome does not depend on the order of events.
struct Claims {
  private struct Claim {
    var frontends: [FrontendKey]
    var clusterIPs: [IPAddress]
    var hairpins: [IPAddress]
  }

  /// What a change of a Service's plan leads to.
  struct Outcome {
    /// Frontends that are to be as given; nil is gone.
    var frontends: [FrontendKey: Frontend?] = [:]
    /// Services to be planned anew: those that have a frontend again because another one gave it up, and those that
    /// lost one and are to say so.
    var concerned: Set<ObjectKey> = []
    var conflicts: [String] = []
    /// Addresses that may have come into a set or gone from it.
    var clusterIPs: Set<IPAddress> = []
    var hairpins: Set<IPAddress> = []
  }

  private var claims: [ObjectKey: Claim] = [:]
  private var owners: [FrontendKey: ObjectKey] = [:]
  /// Those that want what another one has.
  private var waiting: [FrontendKey: Set<ObjectKey>] = [:]
  private var clusterIPUses: [IPAddress: Int] = [:]
  private var hairpinUses: [IPAddress: Int] = [:]

  func owner(_ key: FrontendKey) -> ObjectKey? { owners[key] }
  func isClusterIP(_ address: IPAddress) -> Bool { clusterIPUses[address] != nil }
  func isHairpin(_ address: IPAddress) -> Bool { hairpinUses[address] != nil }
  var services: Dictionary<ObjectKey, [FrontendKey]>.Keys { claims.mapValues(\.frontends).keys }
  var frontendCount: Int { owners.count }

  func frontends(of service: ObjectKey) -> [FrontendKey] {
    (claims[service]?.frontends ?? []).filter { owners[$0] == service }
  }

  var clusterIPs: Dictionary<IPAddress, Int>.Keys { clusterIPUses.keys }
  var hairpins: Dictionary<IPAddress, Int>.Keys { hairpinUses.keys }

  mutating func set(_ service: ObjectKey, _ plan: ServicePlan?) -> Outcome {
    var outcome = Outcome()
    let old = claims[service]
    for key in old?.frontends ?? [] where plan?.frontends[key] == nil { release(key, service, &outcome) }
    for (key, frontend) in plan?.frontends ?? [:] { take(key, frontend, service, &outcome) }
    Self.count(&clusterIPUses, old?.clusterIPs ?? [], plan?.clusterIPs ?? [], &outcome.clusterIPs)
    Self.count(&hairpinUses, old?.hairpins ?? [], plan?.hairpins ?? [], &outcome.hairpins)
    claims[service] = plan.map {
      Claim(frontends: Array($0.frontends.keys), clusterIPs: $0.clusterIPs, hairpins: $0.hairpins)
    }
    return outcome
  }

  private mutating func release(_ key: FrontendKey, _ service: ObjectKey, _ outcome: inout Outcome) {
    guard owners[key] == service else {
      waiting[key]?.remove(service)
      if waiting[key]?.isEmpty == true { waiting[key] = nil }
      return
    }
    owners[key] = nil
    if let heir = waiting[key]?.min() {
      waiting[key]?.remove(heir)
      if waiting[key]?.isEmpty == true { waiting[key] = nil }
      owners[key] = heir
      outcome.concerned.insert(heir)
    } else {
      outcome.frontends[key] = .some(nil)
    }
  }

  private mutating func take(
    _ key: FrontendKey, _ frontend: Frontend, _ service: ObjectKey, _ outcome: inout Outcome
  ) {
    if let owner = owners[key], owner != service {
      let loser = max(owner, service)
      waiting[key, default: []].insert(loser)
      if loser == service {
        outcome.conflicts.append("\(key) belongs to \(owner) already")
        return
      }
      waiting[key]?.remove(service)
      outcome.concerned.insert(owner)
    }
    owners[key] = service
    outcome.frontends[key] = frontend
  }

  private static func count(
    _ uses: inout [IPAddress: Int], _ old: [IPAddress], _ new: [IPAddress], _ touched: inout Set<IPAddress>
  ) {
    guard old != new else { return }
    for address in new { uses[address, default: 0] += 1 }
    for address in old {
      let left = (uses[address] ?? 1) - 1
      uses[address] = left == 0 ? nil : left
    }
    touched.formUnion(old)
    touched.formUnion(new)
  }
}
