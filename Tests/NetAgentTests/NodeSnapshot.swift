import Netlink

@testable import NetAgent

/// What the kernel holds of a node's network, by names instead of numbers, so that two moments can be compared.
struct NodeSnapshot: Hashable {
  var lines: Set<String> = []

  /// - Parameter ours: what the agent has made, or all the rest.
  init(_ node: TestNode, ours: Bool) throws {
    let socket = node.socket
    let links = try socket.links()
    let names = Dictionary(links.map { ($0.index, $0.name) }) { first, _ in first }
    func name(_ index: Int32?) -> String { index.flatMap { names[$0] } ?? "-" }
    func isOurs(_ index: Int32?) -> Bool {
      let name = name(index)
      return name.hasPrefix(PodLink.prefix) || name.hasPrefix(Tunnel.prefix)
    }
    for link in links where isOurs(link.index) == ours {
      lines.insert(
        "link \(link.name) \(link.kind ?? "") \(link.mtu) \(link.isUp) \(name(link.master)) "
          + "\(link.hardwareAddress?.description ?? "-") \(link.alias ?? "-") \(link.details)")
    }
    for address in try socket.addresses() where isOurs(address.interface) == ours && !address.address.isLinkLocal {
      lines.insert("address \(address) \(name(address.interface))")
    }
    for family in IPAddress.Family.allCases {
      for route in try socket.routes(RouteFilter(family, table: nil)) where route.origin != .kernel {
        guard [.skiffNode, .skiffPod].contains(route.origin) == ours else { continue }
        lines.insert(
          "route \(route.kind) \(route.destination) \(route.gateway?.description ?? "-") \(name(route.interface)) "
            + "\(route.source?.description ?? "-") \(route.table) \(route.priority) \(route.origin.rawValue)")
      }
      for neighbour in try socket.neighbours(family)
      where isOurs(neighbour.interface) == ours && neighbour.state.contains(.permanent) {
        lines.insert(
          "neighbour \(neighbour.address) \(neighbour.hardwareAddress?.description ?? "-") \(name(neighbour.interface))"
        )
      }
      for rule in try socket.rules(family) where (rule.origin == .skiffNode) == ours {
        lines.insert("rule \(rule) \(rule.origin.rawValue)")
      }
    }
    for link in links where link.kind == "vxlan" && isOurs(link.index) == ours {
      for entry in try socket.forwardingEntries(interface: link.index) {
        lines.insert("entry \(entry.hardwareAddress) \(entry.destination?.description ?? "-") \(link.name)")
      }
    }
    try readTables(node, ours)
    if ours {
      for key in ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] {
        lines.insert("setting \(key) \(try node.namespace.sysctl("net/" + key))")
      }
      for setting in try socket.interfaceForwarding(.v4) where isOurs(setting.interface) {
        lines.insert("forwarding \(name(setting.interface)) \(setting.isOn)")
      }
    }
  }

  private mutating func readTables(_ node: TestNode, _ ours: Bool) throws {
    let nftables = try node.namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
    for table in try nftables.tables() where table.name.name.hasPrefix("skiff") == ours {
      lines.insert("table \(table.name) \(table.isDormant)")
      for chain in try nftables.chains(in: table.name) { lines.insert("chain \(table.name) \(chain.name)") }
      var number = 0
      for rule in try nftables.rules(in: table.name) {
        number += 1
        lines.insert("rule \(table.name) \(rule.chain) \(rule.comment ?? "\(number)")")
      }
      for set in try nftables.sets(in: table.name) {
        lines.insert("set \(table.name) \(set.name)")
        for element in try nftables.elements(of: set.name, in: table.name) {
          lines.insert("element \(table.name) \(set.name) \(element.key) \(element.isIntervalEnd)")
        }
      }
    }
  }
}
