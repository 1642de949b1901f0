import Glibc
import Netlink
import Synchronization
import Testing

/// A node with pods and a client outside, each a network namespace; nothing leaves them.
///
///     outside 192.0.2.2 ── 192.0.2.1 node 169.254.1.1 ── 10.244.1.x pods
final class Network {
  let node: NetworkNamespace
  let outside: NetworkNamespace
  private(set) var pods: [IPAddress: NetworkNamespace] = [:]
  private var servers: [Server] = []

  init() throws {
    node = try NetworkNamespace.make()
    outside = try NetworkNamespace.make()
    try ip(node, "link", "set", "lo", "up")
    try ip(outside, "link", "set", "lo", "up")
    try Kernel.run(node, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    try ip(node, "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", path(outside))
    try ip(node, "address", "add", "192.0.2.1/24", "dev", "uplink")
    try ip(node, "link", "set", "uplink", "up")
    try ip(outside, "address", "add", "192.0.2.2/24", "dev", "eth0")
    try ip(outside, "link", "set", "eth0", "up")
    try ip(outside, "route", "add", "default", "via", "192.0.2.1")
  }

  deinit { for server in servers { server.stop() } }

  private func path(_ namespace: NetworkNamespace) -> String { "/proc/\(getpid())/fd/\(namespace.descriptor)" }

  private func ip(_ namespace: NetworkNamespace, _ arguments: String...) throws {
    try Kernel.run(namespace, ["ip"] + arguments)
  }

  @discardableResult
  func addPod(_ text: String) throws -> NetworkNamespace {
    let address = try #require(IPAddress(text))
    let pod = try NetworkNamespace.make()
    let link = "pod\(pods.count)"
    try ip(pod, "link", "set", "lo", "up")
    try ip(node, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", path(pod))
    try ip(node, "address", "add", "169.254.1.1/32", "scope", "link", "dev", link)
    try ip(node, "link", "set", link, "up")
    try ip(pod, "address", "add", "\(text)/32", "dev", "eth0")
    try ip(pod, "link", "set", "eth0", "up")
    try ip(pod, "route", "add", "169.254.1.1", "dev", "eth0", "scope", "link")
    try ip(pod, "route", "add", "default", "via", "169.254.1.1")
    try ip(node, "route", "add", "\(text)/32", "dev", link)
    pods[address] = pod
    return pod
  }

  /// A pod on a bridge of the node, which is made with its first pod and has the first address of the /24.
  @discardableResult
  func addPod(_ text: String, bridge: String) throws -> NetworkNamespace {
    let gateway = try #require(IPPrefix("\(text)/24")).address.advanced(by: 1)
    if (try? ip(node, "link", "show", bridge)) == nil {
      try ip(node, "link", "add", bridge, "type", "bridge")
      try ip(node, "address", "add", "\(gateway)/24", "dev", bridge)
      try ip(node, "link", "set", bridge, "up")
    }
    let pod = try NetworkNamespace.make()
    let link = "port\(pods.count)"
    try ip(pod, "link", "set", "lo", "up")
    try ip(node, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", path(pod))
    try ip(node, "link", "set", link, "master", bridge, "up")
    try ip(pod, "address", "add", "\(text)/24", "dev", "eth0")
    try ip(pod, "link", "set", "eth0", "up")
    try ip(pod, "route", "add", "default", "via", "\(gateway)")
    pods[try #require(IPAddress(text))] = pod
    return pod
  }

  /// Answers every TCP connection to a port in a namespace with the peer's address as it sees it, and a name.
  func serve(_ namespace: NetworkNamespace, port: UInt16, name: String) throws {
    servers.append(try Server(namespace, port: port, name: name))
  }

  /// Sends one byte over UDP and waits for nothing.
  func sendDatagram(_ namespace: NetworkNamespace, _ address: String, _ port: UInt16) throws {
    let descriptor = try namespace.run { () throws -> Int32 in socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
    defer { close(descriptor) }
    var name = try socketAddress(address, port)
    let sent = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(sent == 1)
  }

  /// What a connection says: `name peer-address`, or how it failed.
  func ask(_ namespace: NetworkNamespace, _ address: String, _ port: UInt16) throws -> String {
    let descriptor = try namespace.run { () throws -> Int32 in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var name = try socketAddress(address, port)
    let code = withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return NetlinkError.name(ofErrno: errno) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { return NetlinkError.name(ofErrno: errno) }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}

func socketAddress(_ address: String, _ port: UInt16) throws -> sockaddr_in {
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_port = port.bigEndian
  try #require(inet_pton(AF_INET, address, &name.sin_addr) == 1)
  return name
}

/// A TCP server on a thread of its own.
private final class Server: Sendable {
  private let descriptor: Int32
  private let name: String

  init(_ namespace: NetworkNamespace, port: UInt16, name: String) throws {
    self.name = name
    descriptor = try namespace.run { () throws -> Int32 in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var one: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
      var address = try socketAddress("0.0.0.0", port)
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(bound == 0 && listen(descriptor, 64) == 0)
      return descriptor
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Server>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    try #require(code == 0)
    pthread_detach(thread)
  }

  func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

  private func run() {
    while true {
      var peer = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let connection = withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(descriptor, $0, &length) }
      }
      guard connection >= 0 else { break }
      let text = Array("\(name) \(IPAddress(v4: UInt32(bigEndian: peer.sin_addr.s_addr)))".utf8)
      _ = send(connection, text, text.count, Int32(MSG_NOSIGNAL))
      close(connection)
    }
    close(descriptor)
  }
}
