import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// An IPv4 address and a port.
struct SocketName: Sendable, Hashable {
  /// In the machine's byte order.
  var address: UInt32
  var port: UInt16

  init(_ address: UInt32, port: UInt16) {
    self.address = address
    self.port = port
  }

  init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, port: UInt16) {
    self.init(UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d), port: port)
  }

  init(_ address: IPAddress, port: UInt16) {
    self.init(address.bytes.reduce(0) { $0 << 8 | UInt32($1) }, port: port)
  }

  /// Calls `body` with the address as the kernel takes it.
  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = address.bigEndian
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
