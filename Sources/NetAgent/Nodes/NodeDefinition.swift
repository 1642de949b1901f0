import KubeAPI
import Netlink

/// What the agent needs of a Node object.
struct NodeDefinition: Sendable, Hashable {
  var name: String
  var podCIDRs: [IPPrefix]
  /// Its InternalIPs: the first of each family counts.
  var addresses: [IPAddress]

  init(name: String, podCIDRs: [IPPrefix], addresses: [IPAddress]) {
    self.name = name
    self.podCIDRs = podCIDRs
    self.addresses = addresses
  }

  init?(_ node: Node) {
    guard let name = node.metadata.name else { return nil }
    var texts = node.spec.podCIDRs
    if texts.isEmpty, let text = node.spec.podCIDR { texts = [text] }
    self.init(
      name: name, podCIDRs: texts.compactMap { IPPrefix($0) },
      addresses: node.status.addresses.compactMap { address in
        address.type == "InternalIP" ? address.address.flatMap { IPAddress($0) } : nil
      })
  }

  func address(_ family: IPAddress.Family) -> IPAddress? { addresses.first { $0.family == family } }
}
