import Netlink

/// The links and namespaces of a local cluster: a bridge with an address on the host, and for each node a namespace with
/// a cable to the bridge. Nothing else of the host's network is touched: no rule, no route but that of the bridge's own
/// network, no sysctl.
struct HostNetwork {
  let layout: ClusterLayout

  /// The prefixes that the host's routes lead to, apart from the default route.
  static func prefixesInUse() throws -> [IPPrefix] {
    try RouteSocket().routes(RouteFilter(.v4)).map(\.destination).filter { $0.length > 0 }
  }

  /// Makes what is missing.
  func build(_ record: ClusterRecord) throws {
    let host = try RouteSocket()
    let bridge = try ensureBridge(host, record.network)
    for number in 1...record.nodes { try ensure(layout.node(number), record.network, host, bridge) }
  }

  private func ensureBridge(_ host: RouteSocket, _ network: NodeNetwork) throws -> Int32 {
    if try host.link(named: layout.bridge) == nil { try host.create(NewLink(layout.bridge, .bridge())) }
    let index = try host.index(of: layout.bridge)
    try host.replace(InterfaceAddress(network.host, prefixLength: network.prefix.length, interface: index))
    try host.set(index, LinkChange(isUp: true))
    return index
  }

  private func ensure(_ node: NodeLayout, _ network: NodeNetwork, _ host: RouteSocket, _ bridge: Int32) throws {
    let namespace = try NodeNamespace(path: node.namespacePath).openOrMake()
    let inside = try RouteSocket(in: namespace)
    if try inside.link(named: "eth0") == nil {
      // A cable whose other end is in no namespace of ours: the remainder of a start that was cut off.
      try host.deleteLink(named: node.hostLink)
      try host.create(
        NewLink(node.hostLink, .veth(peer: NewLink.Peer("eth0", in: namespace)), master: bridge, isUp: true))
    }
    try host.set(node.hostLink, LinkChange(isUp: true, master: .link(bridge)))
    let cable = try inside.index(of: "eth0")
    try inside.replace(
      InterfaceAddress(network.node(node.number), prefixLength: network.prefix.length, interface: cable))
    try inside.set("lo", LinkChange(isUp: true))
    try inside.set(cable, LinkChange(isUp: true))
  }

  /// Removes the cluster's namespaces and links, however many there are.
  func remove() throws {
    let prefix = "skiff-\(layout.name)-node-"
    for name in Files.list(NodeNamespace.folder) where name.hasPrefix(prefix) {
      guard let number = Int(name.dropFirst(prefix.count)) else { continue }
      let node = layout.node(number)
      // The cable by name: a namespace that ends takes its links with it, but later.
      try RouteSocket().deleteLink(named: node.hostLink)
      try NetworkNamespace.delete(at: node.namespacePath)
    }
    NodeNamespace.removeFolderIfEmpty()
    try RouteSocket().deleteLink(named: layout.bridge)
  }
}
