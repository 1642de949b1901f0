import Glibc
import Netlink
import Testing

@testable import ServiceProxy

/// A socket of a client: over UDP it goes on with the same ports however often it asks.
final class Client {
  private let descriptor: Int32
  private let transport: Transport
  private let isReady: String?

  /// - Parameter sourcePort: 0 for any.
  init(
    in namespace: NetworkNamespace, to address: IPAddress, _ port: UInt16, over transport: Transport,
    sourcePort: UInt16 = 0, patience: Duration = .seconds(10)
  ) throws {
    self.transport = transport
    let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
    let family = address.isIPv4 ? AF_INET : AF_INET6
    let descriptor = try namespace.run { () throws -> Int32 in
      socket(family, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }
    try #require(descriptor >= 0)
    self.descriptor = descriptor
    Self.setPatience(patience, descriptor)
    if sourcePort != 0 {
      let any = IPAddress(address.isIPv4 ? "0.0.0.0" : "::") ?? address
      let bound = SocketName(any, sourcePort).with { bind(descriptor, $0, $1) }
      try #require(bound == 0)
    }
    let connected = SocketName(address, port).with { connect(descriptor, $0, $1) }
    isReady = connected == 0 ? nil : NetlinkError.name(ofErrno: errno)
  }

  deinit { close(descriptor) }

  private static func setPatience(_ patience: Duration, _ descriptor: Int32) {
    let parts = patience.components
    var limit = timeval(tv_sec: Int(parts.seconds), tv_usec: Int(parts.attoseconds / 1_000_000_000_000))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  /// What is answered: `name peer-address`, or how it failed.
  func ask() -> String {
    if let isReady { return isReady }
    if transport == .udp, send(descriptor, "x", 1, 0) != 1 {
      guard errno == EPERM else { return NetlinkError.name(ofErrno: errno) }
      // The system call itself says that something is in the way; what it is comes after it, if at all.
      Self.setPatience(.milliseconds(150), descriptor)
      var scrap: UInt8 = 0
      return recv(descriptor, &scrap, 1, 0) < 0 && errno == ECONNREFUSED ? "ECONNREFUSED" : "EPERM"
    }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { return NetlinkError.name(ofErrno: errno) }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}

/// A `sockaddr` of either family.
struct SocketName {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// Room for what a system call writes.
  init() {}

  init(_ address: IPAddress, _ port: UInt16) {
    let isIPv4 = address.isIPv4
    withUnsafeMutableBytes(of: &storage) { bytes in
      bytes.storeBytes(of: sa_family_t(isIPv4 ? AF_INET : AF_INET6), as: sa_family_t.self)
      bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
      // After the port comes the address, or the flow label and then the address.
      bytes[(isIPv4 ? 4 : 8)...].copyBytes(from: address.bytes)
    }
    length = socklen_t(isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size)
  }

  /// A name for a socket of IPv6, which may stand for IPv4 too.
  init(mapping address: IPAddress, _ port: UInt16) {
    let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + address.bytes
    self.init(address.isIPv4 ? IPAddress(bytes: mapped) ?? address : address, port)
  }

  /// The address; of one that holds an IPv4 address, that.
  var address: IPAddress? {
    withUnsafeBytes(of: storage) { bytes in
      guard storage.ss_family == sa_family_t(AF_INET6) else { return IPAddress(bytes: bytes[4..<8]) }
      let isMapped = bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18..<20].allSatisfy { $0 == 0xff }
      return IPAddress(bytes: bytes[(isMapped ? 20 : 8)..<24])
    }
  }

  func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  mutating func fill<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
  ) -> Result {
    withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
  }
}
