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

  /// Opens UDP sockets, one for each of `threads` (at least 1), and a TCP socket an address. A port 0 becomes one that is free for both.
  /// - Throws: ``DNSServerError``, with all sockets closed again.
  init(_ addresses: [ListenAddress], threads: Int, receiveBuffer: Int32 = 4 << 20) throws(DNSServerError) {
    do throws(DNSServerError) {
      for address in addresses {
        let bound = try openPair(address, receiveBuffer: receiveBuffer)
        for _ in 0..<(threads - 1) {
          datagram.append(
            Socket(descriptor: try Self.open(bound, receiveBuffer: receiveBuffer), address: bound))
        }
      }
    } catch {
      closeAll()
      throw error
    }
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
      let listening = linux_stream_listener(bound.socketAddress, UInt32(bound.socketAddress.count), 4096)
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

  private static func open(_ address: ListenAddress, receiveBuffer: Int32) throws(DNSServerError) -> Int32 {
    let descriptor = linux_datagram_socket(
      address.socketAddress, UInt32(address.socketAddress.count), receiveBuffer)
    guard descriptor >= 0 else { throw DNSServerError("bind", "\(address)/udp", code: -descriptor) }
    return descriptor
  }
}
