import Netlink

/// What the kernel holds, as far as it depends on Services.
struct Applied {
  /// A chain that picks an endpoint.
  struct BalanceChain: Hashable {
    var action: FrontendAction
    var family: IPAddress.Family
  }

  var frontends: [FrontendKey: Frontend] = [:]
  var clusterIPs: Set<IPAddress> = []
  var hairpins: Set<IPAddress> = []
  /// How many frontends use each chain.
  var chains: [BalanceChain: Int] = [:]

  mutating func set(_ key: FrontendKey, _ frontend: Frontend?) {
    let old = frontends[key]
    if let old { for chain in Self.chains(key, old) { chains[chain, default: 1] -= 1 } }
    if let frontend { for chain in Self.chains(key, frontend) { chains[chain, default: 0] += 1 } }
    frontends[key] = frontend
  }

  static func chains(_ key: FrontendKey, _ frontend: Frontend) -> [BalanceChain] {
    frontend.actions.filter { $0.count > 0 }.map { BalanceChain(action: $0, family: key.family) }
  }
}
