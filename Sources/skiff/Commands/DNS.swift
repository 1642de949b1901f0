import ArgumentParser
import ClusterDNS
import Netlink

/// Cluster DNS alone.
struct DNS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns", abstract: "Run only cluster DNS, in place of CoreDNS and NodeLocal DNSCache.",
    discussion: "Sources/ClusterDNS/README.md tells what the configuration file may say.")

  @OptionGroup var options: NodeOptions
  @OptionGroup var dns: DNSOptions
  @Flag(
    help: "Tell what is wrong in the configuration file, and end: with exit code 0 where it can be used, 1 where not.")
  var check = false
  @Option(help: "Where /metrics, /healthz, /livez and /readyz are served.")
  var telemetryAddress = TelemetryAddress(host: "0.0.0.0", port: 9153)

  func validate() throws {
    if check, dns.config == nil, dns.corefile == nil {
      throw ValidationError("--check needs --config or --corefile")
    }
  }

  func run() async throws {
    if check {
      try checkFile()
      return
    }
    options.logging.bootstrap()
    // The kubeconfig first: it is what people get wrong.
    try options.checkKubeconfig()
    let file = dns.file(over: options.networks.networks.dnsDefaults)
    _ = try file?.read()
    try Preflight.requireRoot("dns")
    ResidentMemory.useOneHeap()
    let daemon = try Daemon("dns", runDirectory: options.runDir, lock: "dns.lock")
    let services = try NodeParts(settings: options.settings, daemon: daemon, dnsFile: file).services([.dns], nil)
    try await daemon.run([daemon.telemetry(telemetryAddress), daemon.explaining()] + services)
  }

  private func checkFile() throws {
    guard let file = dns.file(over: options.networks.networks.dnsDefaults) else { return }
    do {
      for note in try file.read().notes { Console.line("\(file.path): \(note)") }
      Console.line("\(file.path): it can be used")
    } catch let error {
      for line in error.lines { Console.progress(line) }
      throw UserError("\(file.path) cannot be used: \(error.lines.count) problem\(error.lines.count == 1 ? "" : "s")")
    }
  }
}

/// Where the settings of DNS come from.
struct DNSOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A YAML file with the settings of DNS; it is read again when it changes.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The same, from CoreDNS's file: what has a counterpart is taken over.", valueName: "file"))
  var corefile: String?

  func validate() throws {
    if config != nil, corefile != nil { throw ValidationError("--config and --corefile exclude each other") }
  }

  /// - Parameter base: what holds where the file says nothing.
  func file(over base: DNSConfiguration) -> ConfigurationFile? {
    if let config { return ConfigurationFile(config, format: .yaml, over: base) }
    return corefile.map { ConfigurationFile($0, format: .corefile, over: base) }
  }
}

extension ClusterNetworks {
  /// What follows for DNS.
  var dnsDefaults: DNSConfiguration {
    var settings = DNSConfiguration()
    settings.zone = domain
    settings.listen = [dns, "169.254.20.10"].compactMap { IPAddress($0) }.map { ListenAddress($0) }
    settings.reverseRanges = serviceCIDRs + clusterCIDRs
    return settings
  }
}
