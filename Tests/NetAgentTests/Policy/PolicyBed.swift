import Glibc
import KubeAPI
import Netlink
import Testing

@testable import NetAgent

/// A node with the pods of a world and a machine outside, each in a network namespace, joined as the agent joins them.
final class PolicyBed {
  /// Those that can send and be sent to.
  struct End {
    var namespace: NetworkNamespace
    var addresses: [IPAddress]
  }

  static let ports: [UInt16] = [80, 5005, 8080]

  let node: NetworkNamespace
  let tables: NFTablesSocket
  let conntrack: ConntrackSocket
  private(set) var ends: [End] = []
  private var listeners: [Listening] = []
  private let network: PodNetwork

  private struct Listening {
    var descriptor: Int32
    var address: IPAddress
    var transport: UInt8
    var port: UInt16
  }

  init(_ world: PolicyWorld) throws {
    node = try NetworkNamespace.make()
    network = try PodNetwork(in: node)
    let node = node
    tables = try node.run { () throws(NetlinkError) in try NFTablesSocket() }
    conntrack = try node.run { () throws(NetlinkError) in try ConntrackSocket() }
    try node.setSysctl("net/ipv4/ip_forward", "1")
    try node.setSysctl("net/ipv6/conf/all/forwarding", "1")
    try network.node.set("lo", LinkChange(isUp: true))
    for pod in world.pods.values.sorted(by: { $0.key < $1.key }) {
      let namespace = try NetworkNamespace.make()
      let lease = AddressLease(
        attachment: CNIRequest.Attachment(container: "\(pod.key.name)", interface: "eth0"), addresses: pod.addresses,
        namespace: "", namespaceInode: namespace.identifier.inode, pod: "\(pod.key)")
      _ = try network.connect(lease, namespace, mtu: 1500, sources: [:])
      try RouteSocket(in: namespace).set("lo", LinkChange(isUp: true))
      ends.append(End(namespace: namespace, addresses: pod.addresses))
    }
    try addOutside()
    for end in ends { try listen(end) }
  }

  deinit { for listener in listeners { close(listener.descriptor) } }

  /// A machine behind a link, with one address of each family, which knows the way to the pods.
  private func addOutside() throws {
    let outside = try NetworkNamespace.make()
    try network.node.create(NewLink("out", .veth(peer: NewLink.Peer("out", in: outside)), isUp: true))
    let far = try RouteSocket(in: outside)
    try far.set("lo", LinkChange(isUp: true))
    try far.set("out", LinkChange(isUp: true))
    let pairs = [
      (PolicyWorld.outside[0], IPAddress(192, 0, 2, 1), 24),
      (PolicyWorld.outside[3], IPAddress(number: PolicyWorld.outside[3].number &+ 1, family: .v6), 64),
    ]
    for (address, gateway, length) in pairs {
      for (socket, own) in [(far, address), (network.node, gateway)] {
        try socket.add(
          InterfaceAddress(
            own, prefixLength: length, interface: try socket.index(of: "out"), flags: .noDuplicateDetection))
      }
      try far.add(
        Route(to: .everything(address.family), via: gateway, interface: try far.index(of: "out")))
    }
    ends.append(End(namespace: outside, addresses: pairs.map(\.0)))
  }

  private func listen(_ end: End) throws {
    for address in end.addresses {
      for port in Self.ports {
        for transport in [UInt8(6), 17] {
          let descriptor = try Self.socket(in: end.namespace, address, transport, port)
          if transport == 6 { Glibc.listen(descriptor, 128) }
          listeners.append(Listening(descriptor: descriptor, address: address, transport: transport, port: port))
        }
      }
    }
  }

  private static func socket(
    in namespace: NetworkNamespace, _ address: IPAddress, _ transport: UInt8, _ port: UInt16
  ) throws -> Int32 {
    try namespace.run { () throws -> Int32 in
      let kind = transport == 6 ? SOCK_STREAM : SOCK_DGRAM
      let descriptor = Glibc.socket(
        address.isIPv4 ? AF_INET : AF_INET6, Int32(kind.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var (storage, size) = Stream.name(address, port)
      let result = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      guard descriptor >= 0, result == 0 else {
        throw NetlinkError(call: "bind", object: "\(address) port \(port)", errno: errno)
      }
      return descriptor
    }
  }

  /// Every packet that can be sent here.
  var probes: [PolicyProbe] {
    var probes: [PolicyProbe] = []
    for source in ends.flatMap(\.addresses) {
      for destination in ends.flatMap(\.addresses) where source.family == destination.family {
        for port in Self.ports {
          for transport in [UInt8(6), 17] {
            probes.append(
              PolicyProbe(source: source, destination: destination, transport: transport, port: port))
          }
        }
      }
    }
    return probes
  }

  /// Sends them all, each as the first of a connection of its own.
  /// - Parameter expected: those that should arrive: they are waited for, the others only as long as nothing comes.
  /// - Returns: those that did.
  func observe(expecting expected: Set<PolicyProbe>) throws -> Set<PolicyProbe> {
    try datagrams(expected.filter { $0.transport == 17 }).union(try connections(expected.filter { $0.transport == 6 }))
  }

  private func datagrams(_ expected: Set<PolicyProbe>) throws -> Set<PolicyProbe> {
    var senders: [IPAddress: Int32] = [:]
    defer { for descriptor in senders.values { close(descriptor) } }
    for end in ends {
      for address in end.addresses { senders[address] = try Self.socket(in: end.namespace, address, 17, 0) }
    }
    // What comes late from an earlier round is known by its text.
    let text = withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) }
    for probe in probes where probe.transport == 17 {
      guard let descriptor = senders[probe.source] else { continue }
      var (storage, size) = Stream.name(probe.destination, probe.port)
      _ = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { sendto(descriptor, text, text.count, 0, $0, size) }
      }
    }
    var seen: Set<PolicyProbe> = []
    let receivers = listeners.filter { $0.transport == 17 }
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      var waiting = receivers.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      let count = poll(&waiting, nfds_t(waiting.count), seen.isSuperset(of: expected) ? 20 : 200)
      if count == 0, seen.isSuperset(of: expected) { break }
      for (receiver, state) in zip(receivers, waiting) where state.revents != 0 {
        while let source = Self.receive(receiver.descriptor, text) {
          guard let source else { continue }
          seen.insert(
            PolicyProbe(source: source, destination: receiver.address, transport: 17, port: receiver.port))
        }
      }
    }
    return seen
  }

  /// Who sent the next datagram; nil for an old one, `.none` where none waits.
  private static func receive(_ descriptor: Int32, _ text: [UInt8]) -> IPAddress?? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size) }
    }
    guard count >= 0 else { return .none }
    guard Array(buffer[..<count]) == text else { return .some(nil) }
    let raw = withUnsafeBytes(of: &storage) { Array($0) }
    return .some(IPAddress(bytes: storage.ss_family == sa_family_t(AF_INET) ? raw[4..<8] : raw[8..<24]))
  }

  private func connections(_ expected: Set<PolicyProbe>) throws -> Set<PolicyProbe> {
    var open: [(probe: PolicyProbe, descriptor: Int32)] = []
    defer { for item in open { close(item.descriptor) } }
    for end in ends {
      for probe in probes where probe.transport == 6 && end.addresses.contains(probe.source) {
        let descriptor = try Self.socket(in: end.namespace, probe.source, 6, 0)
        open.append((probe, descriptor))
        var (storage, size) = Stream.name(probe.destination, probe.port)
        _ = withUnsafePointer(to: &storage) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
      }
    }
    var seen: Set<PolicyProbe> = []
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      let rest = open.filter { !seen.contains($0.probe) }
      var waiting = rest.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
      let count = poll(&waiting, nfds_t(waiting.count), seen.isSuperset(of: expected) ? 20 : 200)
      if count == 0, seen.isSuperset(of: expected) { break }
      for (item, state) in zip(rest, waiting) where Int32(state.revents) & POLLOUT != 0 { seen.insert(item.probe) }
    }
    acceptAll()
    return seen
  }

  /// Empties the queues of the listeners.
  private func acceptAll() {
    for listener in listeners where listener.transport == 6 {
      while case let connection = accept(listener.descriptor, nil, nil), connection >= 0 { close(connection) }
    }
  }
}
