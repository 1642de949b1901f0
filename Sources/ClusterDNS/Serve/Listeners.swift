import CLinux
import Glibc
import Netlink

/// The sockets on which the server is asked, bound before anything else starts.
struct Listeners: Sendable {
  struct Socket: Sendable {
    var descriptor: Int32
    var address: ListenAddress
  }

  /// One a thread for each address: the kernel spreads the clients over them (SO_REUSEPORT).
  private(set) var datagram: [Socket] = []
  private(set) var stream: [Socket] = []

  /// Whether some of them were bound by a server before this one: queries may wait in them.
  private(set) var areInherited = false

  /// Opens UDP sockets, one for each of `threads` (at least 1), and a TCP socket an address. A port 0 becomes one that is
  /// free for both.
  /// - Parameter held: sockets of an earlier server. Those of the addresses wanted are used, all of them, since queries
  ///   may wait in each; the others, and those of another network namespace, are closed.
  /// - Throws: ``DNSServerError``, with all sockets closed again.
  init(
    _ addresses: [ListenAddress], threads: Int, held: [Int32] = [], receiveBuffer: Int32 = Self.receiveBuffer
  ) throws(DNSServerError) {
    do throws(DNSServerError) {
      for descriptor in held { adopt(descriptor, addresses) }
      for address in addresses {
        var bound = address
        let hasStream = stream.contains { $0.address == address }
        var count = datagram.count { $0.address == address }
        if !hasStream, count == 0 {
          bound = try openPair(address, receiveBuffer: receiveBuffer)
          count = 1
        } else if !hasStream {
          stream.append(Socket(descriptor: try Self.openStream(address), address: address))
        }
        for _ in 0..<max(0, threads - count) {
          datagram.append(
            Socket(descriptor: try Self.open(bound, receiveBuffer: receiveBuffer), address: bound))
        }
      }
    } catch {
      closeAll()
      throw error
    }
  }

  var descriptors: [Int32] { (datagram + stream).map(\.descriptor) }

  private mutating func adopt(_ descriptor: Int32, _ wanted: [ListenAddress]) {
    let type = linux_socket_type(descriptor)
    guard linux_socket_is_of_own_network(descriptor) != 0,
      let address = ListenAddress.bound(descriptor), wanted.contains(address),
      type == Int32(SOCK_DGRAM.rawValue)
        || type == Int32(SOCK_STREAM.rawValue)
          && !stream.contains(where: { $0.address == address })
    else {
      close(descriptor)
      return
    }
    areInherited = true
    let socket = Socket(descriptor: descriptor, address: address)
    if type == Int32(SOCK_DGRAM.rawValue) { datagram.append(socket) } else { stream.append(socket) }
  }

  func closeAll() {
    for socket in datagram + stream { close(socket.descriptor) }
  }

  /// Opens the first UDP socket and the TCP socket of an address. A UDP port that the kernel chose may be taken for
  /// TCP: then another is tried.
  private mutating func openPair(_ address: ListenAddress, receiveBuffer: Int32) throws(DNSServerError) -> ListenAddress
  {
    var attempts = address.port == 0 ? 8 : 1
    while true {
      attempts -= 1
      let descriptor = try Self.open(address, receiveBuffer: receiveBuffer)
      guard let bound = ListenAddress.bound(descriptor) else {
        close(descriptor)
        throw DNSServerError("read the address of", "\(address)/udp", code: errno)
      }
      let listening = linux_stream_listener(bound.socketAddress, UInt32(bound.socketAddress.count), Self.backlog)
      if listening >= 0 {
        datagram.append(Socket(descriptor: descriptor, address: bound))
        stream.append(Socket(descriptor: listening, address: bound))
        return bound
      }
      close(descriptor)
      if attempts == 0 || listening != -EADDRINUSE {
        throw DNSServerError("listen on", "\(bound)/tcp", code: -listening)
      }
    }
  }

  /// Bytes of queries that may wait in a socket.
  static let receiveBuffer: Int32 = 4 << 20

  /// Connections that may wait to be accepted.
  private static let backlog: Int32 = 4096

  private static func openStream(_ address: ListenAddress) throws(DNSServerError) -> Int32 {
    let descriptor = linux_stream_listener(address.socketAddress, UInt32(address.socketAddress.count), backlog)
    guard descriptor >= 0 else { throw DNSServerError("listen on", "\(address)/tcp", code: -descriptor) }
    return descriptor
  }

  private static func open(_ address: ListenAddress, receiveBuffer: Int32) throws(DNSServerError) -> Int32 {
    let descriptor = linux_datagram_socket(
      address.socketAddress, UInt32(address.socketAddress.count), receiveBuffer)
    guard descriptor >= 0 else { throw DNSServerError("bind", "\(address)/udp", code: -descriptor) }
    return descriptor
  }
}
