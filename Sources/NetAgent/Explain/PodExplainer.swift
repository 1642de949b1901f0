import Netlink

/// Says what a node holds for a pod, and what it should.
struct PodExplainer: Sendable {
  /// Adds what another part of the agent knows of a pod: its policies, for one.
  typealias Section = @Sendable (AddressLease, inout PodExplanation) throws -> Void

  let handler: CNIHandler
  var sections: [Section] = []

  /// - Parameter pod: `namespace/name`, or a container's id.
  /// - Returns: one for each interface; none where the node has no such pod.
  func explain(_ pod: String) throws -> [PodExplanation] {
    let (leases, plan) = handler.state.withLock { (Array($0.ledger.leases.values), $0.plan) }
    let found = leases.filter { $0.pod == pod || $0.attachment.container == pod }
    return try found.sorted { $0.attachment.description < $1.attachment.description }.map { lease in
      var explanation = PodExplanation(pod: lease.pod, attachment: lease.attachment.description)
      try node(lease, plan, &explanation)
      inside(lease, &explanation)
      if !lease.hostPorts.isEmpty {
        explanation.add(
          "hostPorts", lease.hostPorts.map { "\($0) leads to the pod's port \($0.target)" })
        explanation.differences += try handler.ports.differences(lease)
      }
      for section in sections { try section(lease, &explanation) }
      return explanation
    }
  }

  /// The node's side.
  private func node(_ lease: AddressLease, _ plan: NetworkPlan, _ explanation: inout PodExplanation) throws {
    explanation.add("addresses", lease.addresses.map { "\($0), leased in the journal" })
    let socket = handler.network.node
    guard let link = try socket.link(named: lease.link.hostName) else {
      explanation.add("link", ["\(lease.link.hostName) is not there"])
      explanation.differences.append("the node has no link \(lease.link.hostName)")
      return
    }
    explanation.add(
      "link",
      [
        "\(link.name), number \(link.index), MTU \(link.mtu), \(link.isUp ? "up" : "down"), "
          + "\(link.hardwareAddress.map { "\($0)" } ?? "no Ethernet address")"
      ])
    if !link.isUp { explanation.differences.append("link \(link.name) is down") }
    try routes(lease, link, plan, &explanation)
    var limits: [String] = []
    if let limit = lease.bandwidth?.ingress { limits.append("to the pod: \(Self.words(limit, link))") }
    if let limit = lease.bandwidth?.egress {
      limits.append("from the pod: \(Self.words(limit, link)), by \(lease.link.blockName)")
    }
    explanation.add("bandwidth", limits)
    explanation.differences += try handler.network.shaping.differences(lease, link)
  }

  private func routes(
    _ lease: AddressLease, _ link: Link, _ plan: NetworkPlan, _ explanation: inout PodExplanation
  ) throws {
    let socket = handler.network.node
    var (routes, neighbours): ([Route], [Neighbour]) = ([], [])
    for family in Set(lease.addresses.map(\.family)).sorted(by: { $0.rawValue < $1.rawValue }) {
      routes += try socket.routes(RouteFilter(family, interface: link.index)).filter { $0.destination.isHost }
      neighbours += try socket.neighbours(family, interface: link.index).filter { $0.state.contains(.permanent) }
    }
    explanation.add("routes of the node", routes.map { "\($0)" })
    explanation.add("neighbours of the node", neighbours.map { Self.words($0) })
    for route in PodNetwork.routes(of: lease, interface: link.index, plan.sources) where !routes.contains(route) {
      explanation.differences.append("the node does not have the route \(route)")
    }
    for neighbour in PodNetwork.neighbours(of: lease, interface: link.index) where !neighbours.contains(neighbour) {
      explanation.differences.append("the node does not have the neighbour \(Self.words(neighbour))")
    }
  }

  /// The pod's side. A pod may change it: what differs is told, and is the pod's own affair.
  private func inside(_ lease: AddressLease, _ explanation: inout PodExplanation) {
    let name = lease.attachment.interface
    do {
      let pod = try NetworkNamespace.open(at: lease.namespace)
      guard pod.identifier.inode == lease.namespaceInode else {
        explanation.differences.append("\(lease.namespace) is another namespace than the pod's: the pod is gone")
        return
      }
      let socket = try RouteSocket(in: pod)
      guard let link = try socket.link(named: name) else {
        explanation.differences.append("the pod has no interface \(name)")
        return
      }
      var routes: [Route] = []
      for family in IPAddress.Family.allCases {
        routes += try socket.routes(RouteFilter(family, interface: link.index)).filter { $0.gateway != nil }
      }
      let addresses = try socket.addresses(interface: link.index).map { "\($0)" }.joined(separator: ", ")
      let mac = link.hardwareAddress.map { "\($0)" } ?? "no Ethernet address"
      explanation.add(
        "in the pod",
        ["\(name), number \(link.index), MTU \(link.mtu), \(link.isUp ? "up" : "down"), \(mac)", addresses]
          + routes.map { "\($0)" })
    } catch {
      explanation.add("in the pod", ["cannot be looked at: \(error)"])
    }
    if let problem = try? handler.network.podProblem(lease) { explanation.differences.append(problem) }
  }

  private static func words(_ limit: PodBandwidth.Limit, _ link: Link) -> String {
    "\(limit.rate) bits a second, \(limit.bucket(mtu: link.mtu).burst) bytes at once"
  }

  private static func words(_ neighbour: Neighbour) -> String {
    "\(neighbour.address) is \(neighbour.hardwareAddress.map { "\($0)" } ?? "unknown"), permanent"
  }
}
