import Glibc
import Netlink

/// Makes, checks and removes the kernel's part of a pod's network.
///
/// A pod has a veth whose node side carries no address. The pod's address is a /32 or /128, its default route leads to
/// ``PodGateway``; the node has one route to the pod's address. So all traffic of a pod is routed, and passes the hook
/// `forward` also between two pods of one node.
struct PodNetwork: Sendable {
  let node: RouteSocket
  /// For ADD and DEL: they do not wait for a comparison that reads everything.
  private let calls: RouteSocket
  /// The node's own namespace: interfaces of pods begin in it.
  let namespace: NetworkNamespace
  let shaping: PodShaping

  init(in namespace: NetworkNamespace) throws(NetlinkError) {
    self.namespace = namespace
    node = try RouteSocket(in: namespace)
    calls = try RouteSocket(in: namespace)
    shaping = PodShaping(node: node)
  }

  /// Makes the veth and all that belongs to it. What a call that was killed left of the same attachment is replaced.
  /// - Returns: the number of the interface on the node's side.
  /// - Throws: ``CNIError/Code/exists`` where the pod has an interface of this name.
  func connect(
    _ lease: AddressLease, _ pod: NetworkNamespace, mtu: UInt32, sources: [IPAddress.Family: IPAddress]
  ) throws(CNIError) -> Int32 {
    do throws(NetlinkError) {
      let link = lease.link
      do throws(NetlinkError) {
        try create(lease, pod, mtu)
      } catch  where error.errno == EEXIST {
        // One of the two names is taken. The node's is ours, whatever has it.
        guard try calls.deleteLink(named: link.hostName) else { throw error }
        try create(lease, pod, mtu)
      }
      let index = try calls.index(of: link.hostName)
      // The kernel takes no alias when it makes a link.
      try calls.set(index, LinkChange(alias: link.alias))
      let hasV6 = lease.addresses.contains { $0.family == .v6 }
      try pod.run { () throws(NetlinkError) in
        try Self.configure(lease, hasV6: hasV6)
      }
      try configureHost(lease, index, sources)
      return index
    } catch {
      guard error.errno == EEXIST else { throw CNIError(error) }
      throw CNIError(
        .exists, "interface \(lease.attachment.interface) is in the pod already", details: error.description)
    }
  }

  /// Limits what the pod sends and receives, where that is asked for.
  func shape(_ lease: AddressLease, _ index: Int32, mtu: UInt32) throws(CNIError) {
    guard lease.bandwidth != nil else { return }
    do throws(NetlinkError) {
      var link = Link(index: index, name: lease.link.hostName)
      link.mtu = mtu
      _ = try shaping.bring(lease, link)
    } catch {
      throw CNIError(
        .kernel, "cannot limit the pod's bandwidth",
        details: "\(error); the kernel must have sch_tbf, sch_ingress, cls_u32, act_mirred and ifb")
    }
  }

  private func create(_ lease: AddressLease, _ pod: NetworkNamespace, _ mtu: UInt32) throws(NetlinkError) {
    let link = lease.link
    let peer = NewLink.Peer(
      lease.attachment.interface, in: pod, hardwareAddress: lease.hardwareAddress ?? link.podAddress, mtu: mtu)
    // Up from the start: its first event shows nothing that would have to be repaired.
    try calls.create(
      NewLink(link.hostName, .veth(peer: peer), hardwareAddress: link.hostAddress, mtu: mtu, isUp: true))
  }

  /// The pod's side; runs in the pod's namespace.
  private static func configure(_ lease: AddressLease, hasV6: Bool) throws(NetlinkError) {
    let socket = try RouteSocket()
    let name = lease.attachment.interface
    let index = try socket.index(of: name)
    if hasV6 {
      // The address must be usable when ADD returns, and no router may change the pod's routes.
      for (key, value) in [("disable_ipv6", "0"), ("accept_dad", "0"), ("accept_ra", "0")] {
        try Sysctl.write("net/ipv6/conf/\(name)/\(key)", value)
      }
    }
    for address in lease.addresses {
      var flags: InterfaceAddress.Flags = [.permanent]
      if address.family == .v6 { flags.insert(.noDuplicateDetection) }
      try socket.add(InterfaceAddress(address, interface: index, flags: flags))
    }
    try socket.set(index, LinkChange(isUp: true))
    for address in lease.addresses {
      let gateway = PodGateway.of(address.family)
      try socket.replace(Neighbour(gateway, lease.link.hostAddress, interface: index))
      try socket.replace(
        Route(
          to: .everything(address.family), via: gateway, interface: index,
          source: address.family == .v6 ? address : nil, isOnLink: true))
    }
  }

  private func configureHost(
    _ lease: AddressLease, _ index: Int32, _ sources: [IPAddress.Family: IPAddress]
  ) throws(NetlinkError) {
    for neighbour in Self.neighbours(of: lease, interface: index) { try calls.replace(neighbour) }
    for route in Self.routes(of: lease, interface: index, sources) { try calls.replace(route) }
  }

  /// The node's routes to a pod.
  ///
  /// They say from which address the node itself speaks to pods: without that the kernel would take the first it
  /// finds, which may be a service's on `lo`.
  static func routes(
    of lease: AddressLease, interface: Int32, _ sources: [IPAddress.Family: IPAddress]
  ) -> [Route] {
    lease.addresses.map { address in
      Route(
        to: IPPrefix(host: address), interface: interface, source: sources[address.family], origin: .skiffPod,
        priority: address.family == .v6 ? 1024 : 0)
    }
  }

  /// What spares the node from asking for the pod's Ethernet address, and a pod from answering falsely.
  static func neighbours(of lease: AddressLease, interface: Int32) -> [Neighbour] {
    lease.addresses.map { Neighbour($0, lease.hardwareAddress ?? lease.link.podAddress, interface: interface) }
  }

  /// Removes the veth; both sides, routes and neighbours go with it. Says whether there was one.
  /// - Parameter lease: what is known of the pod; `nil` where nothing is.
  @discardableResult
  func disconnect(_ link: PodLink, _ lease: AddressLease? = nil) throws(CNIError) -> Bool {
    do throws(NetlinkError) {
      let wasThere = try calls.deleteLink(named: link.hostName)
      if lease == nil || lease?.bandwidth?.egress != nil { try shaping.remove(link) }
      return wasThere
    } catch {
      throw CNIError(error)
    }
  }

  /// The link on the node's side.
  func link(_ lease: AddressLease) throws(CNIError) -> Link? {
    do throws(NetlinkError) { return try node.link(named: lease.link.hostName) } catch { throw CNIError(error) }
  }

  /// The MTU of a link's other side, in the pod; `nil` where it cannot be seen.
  func podSideMTU(_ link: Link) throws(NetlinkError) -> UInt32? {
    guard let index = link.peer, let namespace = link.peerNamespace else { return nil }
    return try node.link(index, in: namespace)?.mtu
  }

  /// Removes the pod's side of a link whose node's side was taken away to another namespace.
  func removeHalf(_ lease: AddressLease, in pod: NetworkNamespace) throws(CNIError) {
    let address = lease.hardwareAddress ?? lease.link.podAddress
    do throws(NetlinkError) {
      try pod.run { () throws(NetlinkError) in
        let socket = try RouteSocket()
        guard let link = try socket.link(named: lease.attachment.interface), link.hardwareAddress == address else {
          return
        }
        try socket.deleteLink(link.index)
      }
    } catch {
      throw CNIError(error)
    }
  }

  /// Whether the pod's namespace has an interface of this name.
  func hasInterface(_ name: String, in pod: NetworkNamespace) throws(CNIError) -> Bool {
    do throws(NetlinkError) {
      return try pod.run { () throws(NetlinkError) -> Bool in try RouteSocket().link(named: name) != nil }
    } catch {
      throw CNIError(error)
    }
  }

  /// Compares what is with what ADD made; throws the first difference.
  func check(_ lease: AddressLease, _ pod: NetworkNamespace) throws(CNIError) {
    let problem: String?
    do throws(NetlinkError) {
      if let found = try hostProblem(lease) {
        problem = found
      } else {
        problem = try pod.run { () throws(NetlinkError) in try Self.problem(lease) }
      }
    } catch {
      throw CNIError(error)
    }
    if let problem { throw CNIError(.changed, problem) }
  }

  /// What the pod's side lacks of what ADD made; `nil` where nothing.
  func podProblem(_ lease: AddressLease) throws(NetlinkError) -> String? {
    try NetworkNamespace.open(at: lease.namespace).run { () throws(NetlinkError) in try Self.problem(lease) }
  }

  private func hostProblem(_ lease: AddressLease) throws(NetlinkError) -> String? {
    guard let host = try node.link(named: lease.link.hostName) else {
      return "the node has no link \(lease.link.hostName)"
    }
    guard host.isUp else { return "link \(host.name) of the node's side is down" }
    for address in lease.addresses {
      let routes = try node.routes(RouteFilter(address.family, interface: host.index))
      guard routes.contains(where: { $0.destination == IPPrefix(host: address) }) else {
        return "the node has no route to \(address) by \(host.name)"
      }
    }
    return try shaping.differences(lease, host).first
  }

  private static func problem(_ lease: AddressLease) throws(NetlinkError) -> String? {
    let socket = try RouteSocket()
    let name = lease.attachment.interface
    guard let link = try socket.link(named: name) else { return "the pod has no interface \(name)" }
    guard link.isUp else { return "interface \(name) is down" }
    let addresses = Set(try socket.addresses(interface: link.index).map { $0.address })
    for address in lease.addresses {
      guard addresses.contains(address) else { return "interface \(name) has no address \(address)" }
      let routes = try socket.routes(RouteFilter(address.family, interface: link.index))
      let gateway = PodGateway.of(address.family)
      guard routes.contains(where: { $0.destination.length == 0 && $0.gateway == gateway }) else {
        return "the pod has no default route via \(gateway)"
      }
    }
    return nil
  }
}

extension Route.Origin {
  /// Routes to other nodes' pods.
  static let skiffNode = Route.Origin(rawValue: 83)
  /// Routes to this node's pods.
  static let skiffPod = Route.Origin(rawValue: 84)
}
