import ArgumentParser
import Netlink

/// The networks that all daemons of a cluster must agree on. CIDRs may be two, with a comma between them.
struct ClusterNetworks: Sendable {
  var clusterCIDR = "10.244.0.0/16"
  var serviceCIDR = "10.96.0.0/16"
  var domain = "cluster.local"

  static let `default` = ClusterNetworks()

  /// The address of the `kubernetes` Service: the first of the range.
  var kubernetesService: String { address(1) }
  /// The address of the cluster DNS Service: the tenth of the range.
  var dns: String { address(10) }

  var clusterCIDRs: [IPPrefix] { IPPrefix.list(clusterCIDR) ?? [] }
  var serviceCIDRs: [IPPrefix] { IPPrefix.list(serviceCIDR) ?? [] }

  private func address(_ number: UInt128) -> String {
    guard let prefix = serviceCIDRs.first else { return "" }
    return "\(IPAddress(number: prefix.address.number + number, family: prefix.family))"
  }
}

/// The same on the command line.
struct ClusterNetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The addresses of all pods. \(ClusterNetworks.default.clusterCIDR) where it is left out.", valueName: "CIDR"))
  var clusterCidr: String?

  @Option(help: "The virtual addresses of Services.")
  var serviceCidr = ClusterNetworks.default.serviceCIDR

  @Option(help: "The DNS domain of the cluster.")
  var clusterDomain = ClusterNetworks.default.domain

  func validate() throws {
    for (name, text) in [("--cluster-cidr", networks.clusterCIDR), ("--service-cidr", serviceCidr)] {
      guard IPPrefix.list(text) != nil else {
        throw ValidationError("\(name) \(text) is no prefix: write it as \(ClusterNetworks.default.clusterCIDR)")
      }
    }
  }

  var networks: ClusterNetworks {
    ClusterNetworks(
      clusterCIDR: clusterCidr ?? ClusterNetworks.default.clusterCIDR, serviceCIDR: serviceCidr, domain: clusterDomain)
  }
}
