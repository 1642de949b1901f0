import Glibc
import Netlink

/// TCP sockets that listen on all of a machine's addresses, in the network namespace of the calling thread.
enum ListeningSocket {
  /// Opens one for each family that the machine has; the caller owns the descriptors.
  ///
  /// - Throws: as for one family, and then none is open.
  static func open(_ families: [IPAddress.Family], port: UInt16) throws(NetlinkError) -> [Int32] {
    var descriptors: [Int32] = []
    do throws(NetlinkError) {
      for family in families {
        if let descriptor = try open(family, port: port) { descriptors.append(descriptor) }
      }
    } catch {
      for descriptor in descriptors { close(descriptor) }
      throw error
    }
    return descriptors
  }

  /// Opens one; the caller owns the descriptor.
  ///
  /// - Returns: nil where the machine does not have the address family.
  /// - Throws: `NetlinkError` that names the port; `EADDRINUSE` where someone else listens on it.
  static func open(_ family: IPAddress.Family, port: UInt16) throws(NetlinkError) -> Int32? {
    let object = "port \(port) on IPv\(family.rawValue)"
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family == .v4 ? AF_INET : AF_INET6, type, 0)
    guard descriptor >= 0 else {
      if errno == EAFNOSUPPORT { return nil }
      throw NetlinkError(call: "open", object: object, errno: errno)
    }
    var one: Int32 = 1
    let width = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, width)
    if family == .v6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, width) }
    guard bind(descriptor, family, port), listen(descriptor, 128) == 0 else {
      let code = errno
      close(descriptor)
      throw NetlinkError(call: "listen on", object: object, errno: code)
    }
    return descriptor
  }

  private static func bind(_ descriptor: Int32, _ family: IPAddress.Family, _ port: UInt16) -> Bool {
    func bind<Address>(_ address: Address) -> Bool {
      withUnsafeBytes(of: address) { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) {
          Glibc.bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0
        }
      }
    }
    switch family {
    case .v4:
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      return bind(address)
    case .v6:
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      return bind(address)
    }
  }
}
