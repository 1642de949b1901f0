import ArgumentParser
import Control
import Logging
import Netlink
import Telemetry

struct Server: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the control plane: API server, scheduler, controllers.")

  @Option(help: "Where objects are kept: sqlite:PATH.")
  var store = "sqlite:/var/lib/skiff-server/store.sqlite"

  @Option(help: ArgumentHelp("The certificate authority; made there where it is missing.", valueName: "folder"))
  var certificates = "/var/lib/skiff-server/pki"

  @Option(help: ArgumentHelp("The daemon's lock.", valueName: "folder"))
  var runDir = "/run/skiff-server"

  @Option(help: "The address on which to listen.")
  var bindAddress = "0.0.0.0"

  @Option(help: "The port on which to listen.")
  var port = 6443

  @Option(help: "The address by which nodes and pods reach this server; the bind address where it is left out.")
  var advertiseAddress: String?

  @OptionGroup var networks: ClusterNetworkOptions
  @OptionGroup var logging: LoggingOptions

  func validate() throws {
    guard (1...65_535).contains(port) else { throw ValidationError("--port takes a number from 1 to 65535") }
    guard IPAddress(bindAddress) != nil else { throw ValidationError("--bind-address \(bindAddress) is no address") }
    if advertiseAddress == nil, bindAddress == "0.0.0.0" || bindAddress == "::" {
      throw ValidationError("--advertise-address is needed where the server listens on all addresses")
    }
    for (name, text) in [("--cluster-cidr", networks.networks.clusterCIDR), ("--service-cidr", networks.serviceCidr)] {
      guard IPPrefix(text) != nil else { throw ValidationError("\(name) takes one prefix here") }
    }
    guard store.hasPrefix("sqlite:"), store.count > "sqlite:".count else {
      throw ValidationError("--store \(store) is not understood: write sqlite:PATH")
    }
  }

  func run() async throws {
    logging.bootstrap()
    let daemon = try Daemon("server", runDirectory: runDir)
    let path = String(store.dropFirst("sqlite:".count))
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try Files.makeDirectory(String(path[..<slash])) }
    let address = advertiseAddress ?? bindAddress
    let folder = CertificateFolder(path: certificates)
    let authority = try folder.authority()
    try folder.ensureAdministrator(
      authority, server: "https://\(TelemetryAddress(host: address, port: port))", context: "skiff")
    let addresses = Set([address, bindAddress]).subtracting(["0.0.0.0", "::"]).sorted()
    let networks = networks.networks
    let plane = ControlPlane(
      configuration: ControlPlane.Configuration(
        bindAddress: bindAddress, port: port, advertiseAddress: address, storePath: path,
        certificates: try .issue(
          from: authority, addresses: addresses, serviceCIDR: networks.serviceCIDR, clusterDomain: networks.domain),
        serviceCIDR: networks.serviceCIDR, clusterCIDR: networks.clusterCIDR, clusterDNSAddress: networks.dns,
        clusterDomain: networks.domain),
      metrics: daemon.metrics, health: daemon.health, logger: daemon.logger)
    try await daemon.run([plane])
  }
}
