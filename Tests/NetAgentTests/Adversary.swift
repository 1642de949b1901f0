import Netlink

@testable import NetAgent

/// Deletes and changes at random what the agent has made on a node, and nothing else.
struct Adversary {
  let node: TestNode
  /// Made by the test; pods' links are made its ports.
  let foreignBridge: Int32
  private var generator: SeededGenerator
  private let nftables: any NFTablesConnection

  init(_ node: TestNode, foreignBridge: Int32, seed: UInt64) throws {
    self.node = node
    self.foreignBridge = foreignBridge
    generator = SeededGenerator(seed: seed)
    nftables = try node.namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
  }

  /// One thing more. What it is aimed at may be gone already.
  mutating func strike() {
    let socket = node.socket
    let links = ((try? socket.links()) ?? []).filter {
      $0.name.hasPrefix(PodLink.prefix) || $0.name.hasPrefix(Tunnel.prefix)
    }
    guard let link = links.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<9, using: &generator) {
    case 0...1: try? hurt(link)
    case 2: try? hurtRoutes()
    case 3: try? hurtNeighbours(link)
    case 4: try? hurtEntries(links.first { $0.name.hasPrefix(Tunnel.prefix) })
    case 5: try? hurtRules()
    case 6...7: try? hurtTables()
    default: try? hurtSettings(link)
    }
  }

  private mutating func hurt(_ link: Link) throws {
    let socket = node.socket
    switch Int.random(in: 0..<7, using: &generator) {
    case 0: try socket.deleteLink(link.index)
    case 1: try socket.set(link.index, LinkChange(isUp: false))
    case 2: try socket.set(link.index, LinkChange(mtu: .random(in: 700...1400, using: &generator)))
    case 3: try socket.set(link.index, LinkChange(hardwareAddress: .local(generator.next())))
    case 4: try socket.set(link.index, LinkChange(name: "x\(link.index)"))
    case 5: try socket.set(link.index, LinkChange(master: .link(foreignBridge)))
    default: for address in try socket.addresses(interface: link.index) { try socket.delete(address) }
    }
  }

  private mutating func hurtRoutes() throws {
    let socket = node.socket
    let family = IPAddress.Family.allCases.randomElement(using: &generator) ?? .v4
    let origin = Bool.random(using: &generator) ? Route.Origin.skiffNode : .skiffPod
    let routes = try socket.routes(RouteFilter(family, table: nil, origin: origin))
    guard var route = routes.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: try socket.delete(route)
    case 1:
      (route.kind, route.gateway, route.interface, route.source, route.scope) = (.blackhole, nil, nil, nil, 0)
      route.isOnLink = false
      try socket.replace(route)
    default:
      (route.kind, route.gateway, route.interface, route.source, route.scope) = (.prohibit, nil, nil, nil, 0)
      route.isOnLink = false
      route.origin = .boot
      try socket.replace(route)
    }
  }

  private mutating func hurtNeighbours(_ link: Link) throws {
    let family = IPAddress.Family.allCases.randomElement(using: &generator) ?? .v4
    let neighbours = try node.socket.neighbours(family, interface: link.index).filter { $0.state.contains(.permanent) }
    guard var neighbour = neighbours.randomElement(using: &generator) else { return }
    if Bool.random(using: &generator) {
      try node.socket.delete(neighbour)
    } else {
      neighbour.hardwareAddress = .local(generator.next())
      try node.socket.replace(neighbour)
    }
  }

  private mutating func hurtEntries(_ device: Link?) throws {
    guard let device else { return }
    let entries = try node.socket.forwardingEntries(interface: device.index)
    guard var entry = entries.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: try node.socket.delete(entry)
    case 1:
      entry.destination = entry.destination.map { $0.isIPv4 ? IPAddress(172, 30, 1, 77) : $0 }
      try node.socket.replace(entry)
    default:
      entry.hardwareAddress = .local(generator.next())
      try node.socket.replace(entry)
    }
  }

  private mutating func hurtRules() throws {
    let family = IPAddress.Family.allCases.randomElement(using: &generator) ?? .v4
    let rules = try node.socket.rules(family, origin: .skiffNode)
    guard var rule = rules.randomElement(using: &generator) else { return }
    if Bool.random(using: &generator) {
      try node.socket.delete(rule)
    } else {
      rule.table = 7
      try node.socket.add(rule)
    }
  }

  private mutating func hurtTables() throws {
    let tables = [NetworkRules.table, PodRules.table, PodRules.arpTable]
    guard let table = tables.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: try nftables.commit(NFBatch([.deleteTable(table)]))
    case 1:
      guard let set = try nftables.sets(in: table).randomElement(using: &generator) else { return }
      try nftables.commit(NFBatch([.flushSet(table, set.name)]))
    case 2:
      guard let chain = try nftables.chains(in: table).randomElement(using: &generator) else { return }
      try nftables.commit(NFBatch([.flushChain(table, chain.name)]))
    default: try nftables.commit(NFBatch([.addTable(NFTable(table, isDormant: true))]))
    }
  }

  private mutating func hurtSettings(_ link: Link) throws {
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: try node.namespace.setSysctl("net/ipv4/ip_forward", "0")
    case 1: try node.namespace.setSysctl("net/ipv4/conf/\(link.name)/forwarding", "0")
    default: try node.namespace.setSysctl("net/ipv6/conf/all/forwarding", "0")
    }
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
