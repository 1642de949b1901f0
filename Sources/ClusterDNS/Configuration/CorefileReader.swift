import Netlink

/// Takes over into a ``DNSConfiguration`` what a Corefile says.
///
/// The block of the root zone, or of the cluster's own zone, says how the server works; a block of any other zone is a
/// stub domain. What has no counterpart is told in `notes`.
struct CorefileReader {
  private(set) var configuration: DNSConfiguration
  private(set) var problems: [ConfigurationProblem] = []
  /// Directives that are left out, and why.
  private(set) var notes: [ConfigurationProblem] = []
  /// The port of the block that was read first: one port serves all zones.
  private var port: UInt16?

  /// Served elsewhere, or always so.
  private static let builtIn: Set<String> = [
    "errors", "health", "ready", "prometheus", "reload", "loop", "loadbalance", "any", "bufsize", "minimal",
    "cancel", "debug", "nsid", "chaos", "whoami", "metadata",
  ]

  init(_ text: String, over base: DNSConfiguration, environment: (String) -> String?) {
    configuration = base
    let corefile = Corefile(text, environment: environment)
    problems = corefile.problems
    // The zone first: it tells which block is the cluster's.
    for server in corefile.servers {
      for directive in server.directives where directive.name == "kubernetes" { readZones(directive) }
    }
    for server in corefile.servers {
      for key in server.keys { read(server, key: key) }
    }
    if problems.isEmpty {
      problems = configuration.problems()
    }
  }

  mutating func problem(_ directive: Corefile.Directive, _ reason: String) {
    problems.append(ConfigurationProblem(line: directive.line, directive.name, reason))
  }

  mutating func note(_ directive: Corefile.Directive, _ reason: String) {
    notes.append(ConfigurationProblem(line: directive.line, directive.name, reason))
  }

  private mutating func read(_ server: Corefile.Server, key: String) {
    let scheme = ["dns", "tls", "https", "https3", "grpc", "quic"].first { key.hasPrefix("\($0)://") }
    if let scheme, scheme != "dns" {
      notes.append(ConfigurationProblem(line: server.line, key, "clients are not served over \(scheme)"))
      return
    }
    let parts = key.dropFirst(scheme == nil ? 0 : "dns://".count).split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(parts[0])
    let isRoot = text == "." || text.isEmpty
    guard let zone = isRoot ? WireName() : ConfigurationValue.name(text),
      let port = parts.count == 1 ? 53 : UInt16(parts[1])
    else {
      problems.append(ConfigurationProblem(line: server.line, key, "it is no zone with a port"))
      return
    }
    if let first = self.port, port != first {
      notes.append(ConfigurationProblem(line: server.line, key, "all zones are served on one port, \(first)"))
    } else if self.port == nil {
      self.port = port
      configuration.listen = configuration.listen.map { ListenAddress($0.address, port: port) }
    }
    if isRoot || zone == ConfigurationValue.name(configuration.zone) {
      for directive in server.directives { read(directive, isRoot: isRoot) }
    } else {
      readStub(server, zone)
    }
  }

  private mutating func readStub(_ server: Corefile.Server, _ zone: WireName) {
    var stub = StubDomain(zone: zone, upstreams: nil)
    for directive in server.directives {
      switch directive.name {
      case "forward":
        let (group, path) = upstreams(directive)
        if path != nil {
          // The name servers of a file are asked for everything else too.
          return
        }
        stub.upstreams = group
      case "kubernetes", "bind", "cache", "log": continue
      case let name where Self.builtIn.contains(name): continue
      default: note(directive, "it has no counterpart in the block of one zone, and is left out")
      }
    }
    if stub.upstreams != nil { configuration.stubDomains.append(stub) }
  }

  private mutating func read(_ directive: Corefile.Directive, isRoot: Bool) {
    switch directive.name {
    case "kubernetes": readKubernetes(directive)
    case "forward": readForward(directive, isRoot: isRoot)
    case "cache": readCache(directive)
    case "hosts": readHosts(directive)
    case "rewrite": readRewrite(directive)
    case "log": readLog(directive)
    case "autopath":
      if directive.arguments.last == "@kubernetes" {
        configuration.completesSearchPath = true
      } else {
        note(directive, "only `autopath @kubernetes` has a counterpart; it is left out")
      }
    case "bind":
      let addresses = directive.arguments.compactMap { ListenAddress(text: $0, defaultPort: port ?? 53) }
      if addresses.count != directive.arguments.count {
        note(directive, "interfaces have no counterpart, only addresses; it is left out")
      } else {
        configuration.listen = addresses
      }
    case let name where Self.builtIn.contains(name): break
    default: note(directive, "it has no counterpart, and is left out")
    }
  }

  // MARK: kubernetes

  /// The first zone that is no reverse zone is the cluster's. Names of a reverse zone that the cluster does not hold end
  /// here, but where `fallthrough` has them asked elsewhere.
  private mutating func readZones(_ directive: Corefile.Directive) {
    let through = directive.block.first { $0.name == "fallthrough" }?.arguments
    var hasZone = false
    for argument in directive.arguments {
      if let range = IPPrefix(argument) ?? IPPrefix(reverseZone: argument) {
        let fallsThrough = through.map { zones in
          zones.isEmpty || zones.contains { IPPrefix(reverseZone: $0)?.contains(range) ?? false }
        }
        if fallsThrough != true, !configuration.reverseRanges.contains(range) {
          configuration.reverseRanges.append(range)
        }
      } else if let name = ConfigurationValue.name(argument) {
        if hasZone {
          note(directive, "a second cluster zone (\(argument)) has no counterpart; `rewrite` can stand in for it")
        } else {
          configuration.zone = name.text
          hasZone = true
        }
      } else {
        problem(directive, "\"\(argument)\" is no zone")
      }
    }
  }

  private mutating func readKubernetes(_ directive: Corefile.Directive) {
    for option in directive.block {
      let first = option.arguments.first ?? ""
      switch option.name {
      case "pods":
        if let mode = PodNames(rawValue: first) {
          configuration.podNames = mode
        } else {
          problem(option, "\"\(first)\" is not disabled, insecure or verified")
        }
      case "ttl":
        if let ttl = UInt32(first), ttl <= 3600 {
          configuration.ttl = ttl
        } else {
          problem(option, "\"\(first)\" is no number from 0 to 3600")
        }
      case "endpoint_pod_names": configuration.namesEndpointsByPod = true
      case "fallthrough":
        if option.arguments.isEmpty || option.arguments.contains(where: { ConfigurationValue.name($0)?.text == zone }) {
          note(option, "names of the cluster's own zone are never asked elsewhere; it holds for reverse zones only")
        }
      case "ignore":
        note(option, "a Service is answered whether it has endpoints or not; it is left out")
      case "startup_timeout", "noendpoints", "upstream": break
      case "endpoint", "tls", "kubeconfig":
        note(option, "the API server is the one that --kubeconfig names; it is left out")
      default: note(option, "it has no counterpart, and is left out")
      }
    }
  }

  private var zone: String { configuration.zone }

  // MARK: log

  private mutating func readLog(_ directive: Corefile.Directive) {
    var log = QueryLog.all
    for option in directive.block where option.name == "class" {
      if option.arguments.contains("all") || option.arguments.contains("success") {
        log = .all
      } else if option.arguments.contains("denial") {
        log = .denied
      } else if option.arguments.contains("error") {
        log = .errors
      }
    }
    if directive.arguments.count > 1 { note(directive, "the format of the lines cannot be chosen") }
    configuration.queryLog = log
  }

  // MARK: For the other files of this reader

  mutating func change(_ body: (inout DNSConfiguration) -> Void) { body(&configuration) }
}
