import ClusterDNS
import Netlink

/// The DNS server that is measured: skiff's, or any other that a command starts.
struct DNSProgram: Sendable {
  /// Nil for skiff's own.
  let peer: PeerCommand?
  /// Nil where the command does not ask for it.
  let kubeconfig: String?
  let scratch: BenchScratch
  /// That serve, on one address.
  let threads: Int

  /// Where it is asked: the address of cluster DNS.
  static let address = ListenAddress(IPAddress(v4: 0x0A60_000A), port: 53)  // 10.96.0.10

  var name: String { peer?.program ?? "skiff" }

  /// Whether it follows an API server: changes can be timed.
  var followsCluster: Bool { kubeconfig != nil }

  /// Whether it asks the benchmark's upstream.
  var forwards: Bool { peer?.mentions("upstream") ?? true }

  func start(_ names: DNSNames) throws -> Session { try scratch.start("dns", try arguments(names)) }

  private func arguments(_ names: DNSNames) throws -> [String] {
    let upstream = "\(BenchNetworks.nodeAddress):\(BenchUpstream.name.port)"
    guard let peer else {
      let settings = """
        listen: ["\(Self.address)"]
        threads: \(threads)
        upstreams: ["\(upstream)"]
        reverseRanges: ["\(BenchNetworks.serviceCIDR)"]

        """
      try Files.write(Array(settings.utf8), to: "\(scratch.folder)/dns.yaml")
      return [
        try Files.ownExecutable(), "dns", "--kubeconfig", kubeconfig ?? "", "--node-name", BenchNetworks.node,
        "--run-dir", "\(scratch.folder)/run-dns", "--root-dir", "\(scratch.folder)/root-dns",
        "--service-cidr", "\(BenchNetworks.serviceCIDR)", "--cluster-cidr", "\(BenchNetworks.clusterCIDR)",
        "--config", "\(scratch.folder)/dns.yaml",
      ]
    }
    let files = (zone: "\(scratch.folder)/cluster.zone", reverse: "\(scratch.folder)/reverse.zone")
    if peer.mentions("zone") { try Files.write(names.zone, to: files.zone) }
    if peer.mentions("reverse") { try Files.write(names.reverseZone, to: files.reverse) }
    return peer.arguments([
      "address": "\(Self.address.address)", "port": "\(Self.address.port)", "kubeconfig": kubeconfig ?? "",
      "zone": files.zone, "reverse": files.reverse, "upstream": upstream, "threads": "\(threads)",
      "folder": scratch.folder,
    ])
  }
}
