import Netlink
import Yams

extension DNSConfiguration {
  static let keys = [
    "zone", "ttl", "pods", "endpointPodNames", "autopath", "reverseRanges", "listen", "threads", "consistencyCheck",
    "upstreams",
    "resolvConf", "stubDomains", "hosts", "hostsFile", "hostsTTL", "rewrite", "cache", "forward", "tcp", "queryLog",
  ]

  /// Takes over what a YAML document says; what it does not name stays as it is.
  /// - Throws: ``ConfigurationError`` with everything that is wrong.
  mutating func read(yaml text: String, file: String) throws(ConfigurationError) {
    var decoder = ConfigurationDecoder()
    if let root = decoder.root(text) {
      decoder.members(root, "", known: Self.keys) { decoder, key, node in
        readZone(&decoder, key, node) || readOutside(&decoder, key, node) || readLimits(&decoder, key, node)
      }
      for problem in decoder.problems.isEmpty ? problems() : [] {
        // The line of the setting, where the file has it.
        let key = problem.path.split(whereSeparator: { $0 == "." || $0 == " " }).first.map(String.init) ?? ""
        decoder.problem(root.mapping?.first { $0.key.string == key }?.key, problem.path, problem.reason)
      }
    }
    guard decoder.problems.isEmpty else { throw ConfigurationError(file: file, problems: decoder.problems) }
  }

  /// What the cluster's own names are.
  private mutating func readZone(_ decoder: inout ConfigurationDecoder, _ key: String, _ node: Node) -> Bool {
    switch key {
    case "zone":
      if let name = decoder.name(node, key) { zone = String(name.description.dropLast()) }
    case "ttl": ttl = decoder.seconds(node, key) ?? ttl
    case "pods":
      podNames = decoder.value(node, key, "disabled, insecure or verified") { PodNames(rawValue: $0) } ?? podNames
    case "endpointPodNames": namesEndpointsByPod = decoder.flag(node, key) ?? namesEndpointsByPod
    case "autopath": completesSearchPath = decoder.flag(node, key) ?? completesSearchPath
    case "reverseRanges":
      reverseRanges = decoder.list(node, key, "a range such as 10.96.0.0/16") { IPPrefix($0) }
    case "listen":
      listen = decoder.list(node, key, "an address such as 10.96.0.10 or [fd00::a]:5353") {
        ListenAddress(text: $0, defaultPort: 53)
      }
    case "consistencyCheck": consistencyCheck = decoder.duration(node, key) ?? consistencyCheck
    case "threads": threads = decoder.number(node, key, 1...256) ?? threads
    default: return false
    }
    return true
  }

  /// What the names outside the cluster are.
  private mutating func readOutside(_ decoder: inout ConfigurationDecoder, _ key: String, _ node: Node) -> Bool {
    switch key {
    case "upstreams": upstreams = Self.group(&decoder, key, node)
    case "resolvConf": resolvConf = decoder.text(node, key) ?? resolvConf
    case "stubDomains":
      stubDomains = []
      decoder.entries(node, key, of: "zones and their upstreams") { decoder, zone, keyNode, node in
        if let name = decoder.name(keyNode, key) {
          stubDomains.append(StubDomain(zone: name, upstreams: Self.group(&decoder, "\(key).\(zone)", node)))
        }
      }
    case "hosts":
      hosts = []
      decoder.entries(node, key, of: "names and their addresses") { decoder, host, keyNode, node in
        let addresses = decoder.list(node, "\(key).\(host)", "an address") { IPAddress($0) }
        if let name = decoder.name(keyNode, key) { hosts.append(StaticHost(name: name, addresses: addresses)) }
      }
    case "hostsFile": hostsFile = decoder.text(node, key)
    case "hostsTTL": hostsTTL = decoder.seconds(node, key) ?? hostsTTL
    case "rewrite":
      guard case .sequence(let sequence) = node else {
        decoder.problem(node, key, "a list of rules is expected")
        return true
      }
      rewrites = sequence.compactMap { Self.rewrite(&decoder, key, $0) }
    default: return false
    }
    return true
  }

  private mutating func readLimits(_ decoder: inout ConfigurationDecoder, _ key: String, _ node: Node) -> Bool {
    switch key {
    case "cache": cache.read(&decoder, key, node)
    case "forward": forwarding.read(&decoder, key, node)
    case "tcp": streams.read(&decoder, key, node)
    case "queryLog":
      queryLog = decoder.value(node, key, "off, errors, denied or all") { QueryLog(rawValue: $0) } ?? queryLog
    default: return false
    }
    return true
  }

  /// A list of servers, or a mapping with `servers` and more.
  private static func group(_ decoder: inout ConfigurationDecoder, _ path: String, _ node: Node) -> UpstreamGroup {
    let expected = "a server such as 192.0.2.53, tcp://192.0.2.53 or tls://9.9.9.9#dns.quad9.net"
    var group = UpstreamGroup(servers: [])
    guard case .mapping = node else {
      group.servers = decoder.list(node, path, expected) { Upstream($0) }
      return group
    }
    decoder.members(node, path, known: ["servers", "policy", "authorities"]) { decoder, key, node in
      let full = "\(path).\(key)"
      switch key {
      case "servers": group.servers = decoder.list(node, full, expected) { Upstream($0) }
      case "policy":
        group.policy =
          decoder.value(node, full, "random, roundRobin or sequential") { UpstreamGroup.Policy(rawValue: $0) }
          ?? group.policy
      case "authorities": group.authorities = decoder.text(node, full)
      default: return false
      }
      return true
    }
    return group
  }

  private static func rewrite(
    _ decoder: inout ConfigurationDecoder, _ path: String, _ node: Node
  ) -> NameRewrite? {
    var from: WireName?
    var target: WireName?
    var isSuffix = false
    var isBroken = false
    decoder.members(node, path, known: ["name", "suffix", "to"]) { decoder, key, node in
      let name = decoder.name(node, "\(path).\(key)")
      if name == nil { isBroken = true }
      switch key {
      case "to": target = name
      case "name", "suffix":
        if from != nil {
          decoder.problem(node, path, "a rule has either a name or a suffix")
          isBroken = true
        }
        from = name
        isSuffix = key == "suffix"
      default: return false
      }
      return true
    }
    if let from, let target { return NameRewrite(from: from, to: target, isSuffix: isSuffix) }
    if !isBroken { decoder.problem(node, path, "a rule needs `to`, and `name` or `suffix`") }
    return nil
  }
}

extension CacheSettings {
  fileprivate mutating func read(_ decoder: inout ConfigurationDecoder, _ path: String, _ node: Node) {
    let known = [
      "size", "minTTL", "maxTTL", "minNegativeTTL", "maxNegativeTTL", "prefetchHits", "prefetchPercent", "staleFor",
      "staleAfter", "staleTTL",
    ]
    decoder.members(node, path, known: known) { decoder, key, node in
      let full = "\(path).\(key)"
      switch key {
      case "size": size = decoder.size(node, full) ?? size
      case "minTTL": minimumTTL = decoder.seconds(node, full) ?? minimumTTL
      case "maxTTL": maximumTTL = decoder.seconds(node, full) ?? maximumTTL
      case "minNegativeTTL": minimumNegativeTTL = decoder.seconds(node, full) ?? minimumNegativeTTL
      case "maxNegativeTTL": maximumNegativeTTL = decoder.seconds(node, full) ?? maximumNegativeTTL
      case "prefetchHits": prefetchHits = decoder.number(node, full, 0...1_000_000) ?? prefetchHits
      case "prefetchPercent": prefetchPercent = decoder.number(node, full, 1...90) ?? prefetchPercent
      case "staleFor": staleFor = decoder.seconds(node, full) ?? staleFor
      case "staleAfter": staleAfter = decoder.duration(node, full) ?? staleAfter
      case "staleTTL": staleTTL = decoder.seconds(node, full) ?? staleTTL
      default: return false
      }
      return true
    }
  }
}

extension ForwardingSettings {
  fileprivate mutating func read(_ decoder: inout ConfigurationDecoder, _ path: String, _ node: Node) {
    let known = ["timeout", "attempts", "questions", "clients", "randomizeCase", "probeInterval"]
    decoder.members(node, path, known: known) { decoder, key, node in
      let full = "\(path).\(key)"
      switch key {
      case "timeout": timeout = decoder.duration(node, full, atLeast: .milliseconds(100)) ?? timeout
      case "attempts": attempts = decoder.number(node, full, 1...20) ?? attempts
      case "questions": questions = decoder.number(node, full, 1...10_000) ?? questions
      case "clients": clients = decoder.number(node, full, 1...1_000_000) ?? clients
      case "randomizeCase": randomizesCase = decoder.flag(node, full) ?? randomizesCase
      case "probeInterval": probeInterval = decoder.duration(node, full, atLeast: .milliseconds(50)) ?? probeInterval
      default: return false
      }
      return true
    }
  }
}

extension StreamSettings {
  fileprivate mutating func read(_ decoder: inout ConfigurationDecoder, _ path: String, _ node: Node) {
    decoder.members(node, path, known: ["connections", "idle", "pending", "memory"]) { decoder, key, node in
      let full = "\(path).\(key)"
      switch key {
      case "connections": connections = decoder.number(node, full, 1...100_000) ?? connections
      case "idle": idle = decoder.duration(node, full, atLeast: .seconds(1)) ?? idle
      case "pending": pending = decoder.number(node, full, 1...10_000) ?? pending
      case "memory": memory = decoder.size(node, full) ?? memory
      default: return false
      }
      return true
    }
  }
}
