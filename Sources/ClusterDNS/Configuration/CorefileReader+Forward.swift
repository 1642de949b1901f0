import Netlink

extension CorefileReader {
  mutating func readForward(_ directive: Corefile.Directive, isRoot: Bool) {
    let (group, path) = upstreams(directive)
    let from = directive.arguments.first ?? "."
    if from == "." {
      change { configuration in
        if let path { configuration.resolvConf = path }
        // In the block of the cluster's own zone it is for names that `fallthrough` lets go, which there are none of.
        if isRoot || configuration.upstreams == nil { configuration.upstreams = group }
      }
    } else if let zone = ConfigurationValue.name(from) {
      guard let group else {
        note(directive, "the name servers of a file are asked for every name; it is left out")
        return
      }
      change { $0.stubDomains.append(StubDomain(zone: zone, upstreams: group)) }
    } else {
      problem(directive, "\"\(from)\" is no zone")
    }
  }

  /// The servers that a `forward` names; or the file in the form of resolv.conf(5).
  mutating func upstreams(_ directive: Corefile.Directive) -> (group: UpstreamGroup?, path: String?) {
    var group = UpstreamGroup(servers: [])
    var path: String?
    for target in directive.arguments.dropFirst() {
      if target.hasPrefix("/") {
        path = target
      } else if let upstream = Upstream(target) {
        group.servers.append(upstream)
      } else {
        problem(directive, "\"\(target)\" is no server: an address with `dns://` or `tls://` before it, or a file")
      }
    }
    if path == nil, group.servers.isEmpty { problem(directive, "no server is named") }
    if path != nil, !group.servers.isEmpty {
      note(directive, "servers and a file cannot be mixed; the file is left out")
      path = nil
    }
    for option in directive.block { readForwardOption(option, &group) }
    return (path == nil ? group : nil, path)
  }

  private mutating func readForwardOption(_ option: Corefile.Directive, _ group: inout UpstreamGroup) {
    let first = option.arguments.first ?? ""
    switch option.name {
    case "policy":
      switch first {
      case "random": group.policy = .random
      case "round_robin": group.policy = .roundRobin
      case "sequential": group.policy = .sequential
      default: problem(option, "\"\(first)\" is not random, round_robin or sequential")
      }
    case "force_tcp":
      for (index, server) in group.servers.enumerated() where server.transport == .udp {
        group.servers[index].transport = .tcp
      }
    case "tls_servername":
      for (index, server) in group.servers.enumerated() {
        if case .tls = server.transport { group.servers[index].transport = .tls(serverName: first) }
      }
    case "tls":
      switch option.arguments.count {
      case 0: break
      case 1: group.authorities = first
      default: note(option, "client certificates have no counterpart; it is left out")
      }
    case "except":
      for text in option.arguments {
        guard let zone = ConfigurationValue.name(text) else {
          problem(option, "\"\(text)\" is no zone")
          continue
        }
        change { $0.stubDomains.append(StubDomain(zone: zone, upstreams: nil)) }
      }
    case "health_check":
      if let interval = ConfigurationValue.duration(first), interval >= .milliseconds(50) {
        change { $0.forwarding.probeInterval = interval }
      } else {
        problem(option, "\"\(first)\" is no time of at least 50ms")
      }
    case "max_concurrent":
      if let number = Int(first), number > 0 {
        change { $0.forwarding.questions = min(number, 10_000) }
      } else {
        problem(option, "\"\(first)\" is no number")
      }
    // A failed server is stepped over by what its answers show; connections end when they are idle.
    case "max_fails", "expire", "prefer_udp", "max_idle_conns", "max_age", "failfast_all_unhealthy_upstreams": break
    default: note(option, "it has no counterpart, and is left out")
    }
  }

  // MARK: cache

  mutating func readCache(_ directive: Corefile.Directive) {
    if let first = directive.arguments.first {
      if let ttl = ConfigurationValue.seconds(first) {
        change {
          $0.cache.maximumTTL = ttl
          $0.cache.maximumNegativeTTL = ttl
        }
      } else if ConfigurationValue.name(first) == nil {
        problem(directive, "\"\(first)\" is no number of seconds")
      }
    }
    for option in directive.block { readCacheOption(option) }
  }

  private mutating func readCacheOption(_ option: Corefile.Directive) {
    let words = option.arguments
    /// CAPACITY [TTL] [MINTTL]
    func times() -> (longest: UInt32?, shortest: UInt32?)? {
      let values = words.dropFirst().map { ConfigurationValue.seconds($0) }
      guard !words.isEmpty, Int(words[0]) != nil, values.allSatisfy({ $0 != nil }), values.count <= 2
      else { return nil }
      return (values.first ?? nil, values.count > 1 ? values.last ?? nil : nil)
    }
    switch option.name {
    case "success", "denial":
      guard let (longest, shortest) = times(), let capacity = words.first.flatMap({ Int($0) }) else {
        problem(option, "it takes a number of answers, and two times in seconds that may be left out")
        return
      }
      let isSuccess = option.name == "success"
      change { configuration in
        if isSuccess {
          // An answer takes about half a kilobyte.
          configuration.cache.size = min(max(capacity, 1024), 1 << 21) << 9
          configuration.cache.maximumTTL = longest ?? configuration.cache.maximumTTL
          configuration.cache.minimumTTL = shortest ?? configuration.cache.minimumTTL
        } else {
          configuration.cache.maximumNegativeTTL = longest ?? configuration.cache.maximumNegativeTTL
          configuration.cache.minimumNegativeTTL = shortest ?? configuration.cache.minimumNegativeTTL
        }
      }
    case "prefetch":
      guard let hits = words.first.flatMap({ Int($0) }), hits >= 0 else {
        problem(option, "it takes how often a name must be asked for")
        return
      }
      let percent = words.last.flatMap { $0.hasSuffix("%") ? Int($0.dropLast()) : nil }
      change {
        $0.cache.prefetchHits = hits
        if let percent, (1...90).contains(percent) { $0.cache.prefetchPercent = percent }
      }
    case "serve_stale":
      let time = words.first.map { ConfigurationValue.seconds($0) } ?? 3600
      guard let time else {
        problem(option, "\"\(words[0])\" is no time in whole seconds")
        return
      }
      let verifies = words.count > 1 && words[1] == "verify"
      change {
        $0.cache.staleFor = time
        $0.cache.staleAfter = verifies ? .milliseconds(1800) : .zero
      }
    // Failures are not kept: the next query asks again.
    case "servfail": break
    default: note(option, "it has no counterpart, and is left out")
    }
  }

  // MARK: hosts and rewrite

  mutating func readHosts(_ directive: Corefile.Directive) {
    if let path = directive.arguments.first, path.hasPrefix("/") {
      change { $0.hostsFile = path }
    } else if directive.block.allSatisfy({ IPAddress($0.name) == nil }) {
      change { $0.hostsFile = "/etc/hosts" }
    }
    for entry in directive.block {
      if let address = IPAddress(entry.name) {
        for text in entry.arguments { add(host: text, address, entry) }
        continue
      }
      switch entry.name {
      case "ttl":
        if let ttl = entry.arguments.first.flatMap({ ConfigurationValue.seconds($0) }) {
          change { $0.hostsTTL = ttl }
        } else {
          problem(entry, "it takes a number of seconds")
        }
      // Names that are not in it are asked elsewhere always, and a changed file is read again.
      case "fallthrough", "reload": break
      default: note(entry, "it has no counterpart, and is left out")
      }
    }
  }

  private mutating func add(host text: String, _ address: IPAddress, _ entry: Corefile.Directive) {
    guard let name = ConfigurationValue.name(text) else {
      problem(entry, "\"\(text)\" is no DNS name")
      return
    }
    change { configuration in
      if let index = configuration.hosts.firstIndex(where: { $0.name == name }) {
        configuration.hosts[index].addresses.append(address)
      } else {
        configuration.hosts.append(StaticHost(name: name, addresses: [address]))
      }
    }
  }

  /// `rewrite [continue|stop] name [exact|suffix] FROM TO [answer auto]`
  mutating func readRewrite(_ directive: Corefile.Directive) {
    var words = directive.arguments[...]
    if words.first == "stop" || words.first == "continue" { words.removeFirst() }
    guard words.first == "name" else {
      note(directive, "only names can be rewritten; it is left out")
      return
    }
    words.removeFirst()
    var isSuffix = false
    switch words.first {
    case "exact": words.removeFirst()
    case "suffix":
      isSuffix = true
      words.removeFirst()
    case "prefix", "substring", "regex":
      note(directive, "only exact names and suffixes can be rewritten; it is left out")
      return
    default: break
    }
    let texts = words.prefix(2).map { $0.hasPrefix(".") ? String($0.dropFirst()) : $0 }
    let names = texts.compactMap { ConfigurationValue.name($0) }
    guard names.count == 2 else {
      problem(directive, "it takes two names")
      return
    }
    change { $0.rewrites.append(NameRewrite(from: names[0], to: names[1], isSuffix: isSuffix)) }
  }
}
