import Netlink

/// What the kernel holds, as far as it depends on Services.
struct Applied {
  var frontends: [FrontendKey: Frontend] = [:]
  var clusterIPs: Set<IPAddress> = []
  var hairpins: Set<IPAddress> = []
  /// How many frontends use each chain.
  var chains: [OnDemandChain: Int] = [:]

  mutating func set(_ key: FrontendKey, _ frontend: Frontend?) {
    let old = frontends[key]
    if let old { for chain in OnDemandChain.used(by: old, key) { chains[chain, default: 1] -= 1 } }
    if let frontend { for chain in OnDemandChain.used(by: frontend, key) { chains[chain, default: 0] += 1 } }
    frontends[key] = frontend
  }

  mutating func toggleClusterIP(_ address: IPAddress) {
    if clusterIPs.remove(address) == nil { clusterIPs.insert(address) }
  }

  mutating func toggleHairpin(_ address: IPAddress) {
    if hairpins.remove(address) == nil { hairpins.insert(address) }
  }
}
