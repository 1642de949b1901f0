import Glibc
import Netlink

extension DNSConfiguration {
  /// What does not fit together, whatever file it came from. The first word of a path is the setting's key.
  func problems() -> [ConfigurationProblem] {
    var found: [ConfigurationProblem] = []
    func problem(_ path: String, _ reason: String) {
      found.append(ConfigurationProblem(line: nil, path, reason))
    }
    guard let cluster = WireName(zone), cluster.bytes.count > 1, cluster.bytes.count <= 128 else {
      problem("zone", "\"\(zone)\" must be a DNS name of at most 126 characters")
      return found
    }
    if listen.isEmpty { problem("listen", "at least one address is needed") }
    for (index, address) in listen.enumerated() where listen[..<index].contains(address) {
      problem("listen", "\(address) is there twice")
    }
    for range in reverseRanges where Self.reverseLabels(of: range).count > 16 {
      let count = Self.reverseLabels(of: range).count
      problem("reverseRanges", "\(range) is \(count) reverse zones, more than 16; write ranges of whole labels")
    }
    if upstreams?.servers.isEmpty == true { problem("upstreams", "no server is named") }
    for (index, stub) in stubDomains.enumerated() {
      let name = stub.zone.text
      if stub.zone.isWithin(cluster) {
        problem("stubDomains.\(name)", "it is within the cluster's zone \(zone), which is answered from the cluster")
      }
      if stub.upstreams?.servers.isEmpty == true { problem("stubDomains.\(name)", "no server is named") }
      if stubDomains[..<index].contains(where: { $0.zone == stub.zone }) {
        problem("stubDomains.\(name)", "the zone is there twice")
      }
    }
    for host in hosts {
      let name = host.name.text
      if host.addresses.isEmpty { problem("hosts.\(name)", "no address is named") }
      if host.name.isWithin(cluster) {
        problem("hosts.\(name)", "it is within the cluster's zone \(zone), which is answered from the cluster")
      }
    }
    for rule in rewrites {
      if rule.from.isWithin(cluster) {
        problem("rewrite", "\(rule.from.text) is within the cluster's zone \(zone), whose names stand for themselves")
      }
      if rewrites.contains(where: { rule.to.isWithin($0.from) && ($0.isSuffix || $0.from == rule.to) }) {
        problem("rewrite", "\(rule.to.text) would be rewritten again")
      }
    }
    if completesSearchPath, podNames != .verified {
      problem("autopath", "it needs `pods: verified`, since it must know which pod asks")
    }
    if cache.minimumTTL > cache.maximumTTL { problem("cache.minTTL", "it is above cache.maxTTL") }
    if cache.minimumNegativeTTL > cache.maximumNegativeTTL {
      problem("cache.minNegativeTTL", "it is above cache.maxNegativeTTL")
    }
    return found
  }

  /// The settings that a running server cannot change, with what they are now and in `next`.
  func fixedDifferences(to next: DNSConfiguration) -> [ConfigurationProblem] {
    let pairs: [(String, String, String)] = [
      ("zone", zone, next.zone), ("pods", podNames.rawValue, next.podNames.rawValue),
      ("endpointPodNames", "\(namesEndpointsByPod)", "\(next.namesEndpointsByPod)"),
      ("listen", "\(listen)", "\(next.listen)"),
      ("consistencyCheck", "\(consistencyCheck)", "\(next.consistencyCheck)"),
      ("threads", threads.map { "\($0)" } ?? "one a core", next.threads.map { "\($0)" } ?? "one a core"),
    ]
    return pairs.filter { $0.1 != $0.2 }.map { key, now, wanted in
      ConfigurationProblem(line: nil, key, "it cannot change from \(now) to \(wanted) without a restart")
    }
  }
}

extension DNSConfiguration {
  /// Threads an address.
  var threadCount: Int { max(1, threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

extension WireName {
  /// Without the final dot.
  var text: String { bytes.count == 1 ? "." : String(description.dropLast()) }
}
