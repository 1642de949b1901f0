import CLinux
import Glibc

/// A small process that holds the server's sockets, so that they outlive it: what arrives while no server runs waits in
/// them, and the next server answers it.
///
/// A server connects, gets the sockets that are held, and sends those that it uses from then on. When its connection
/// ends, however it ended, the holder waits for the next server for a while, and then ends too.
public enum SocketHolder {
  /// Messages are one byte, with descriptors. A set is any number of `sockets` and then `end`.
  enum Tag: UInt8 {
    case sockets = 1
    case end = 2
  }

  /// Holds sockets until no server has been there for `grace`.
  /// - Parameter listening: a listening socket that was made with ``listen(at:)``.
  public static func run(listening: Int32, grace: Duration) {
    var held: [Int32] = []
    var server: Int32 = -1
    let patience = Int32(clamping: grace.nanoseconds / 1_000_000)
    while true {
      var waiting = [pollfd(fd: listening, events: Int16(POLLIN), revents: 0)]
      if server >= 0 { waiting.append(pollfd(fd: server, events: Int16(POLLIN), revents: 0)) }
      let ready = poll(&waiting, nfds_t(waiting.count), server >= 0 ? -1 : patience)
      if ready < 0, errno == EINTR { continue }
      if ready <= 0 { break }
      if waiting.count > 1, waiting[1].revents != 0 {
        if let next = try? receive(from: server) {
          for descriptor in held { close(descriptor) }
          held = next
        } else {
          close(server)
          server = -1
        }
      }
      if waiting[0].revents != 0 {
        let next = accept(listening, nil, nil)
        guard next >= 0 else { continue }
        guard linux_peer_is_own_user(next) != 0, (try? send(held, to: next)) != nil else {
          close(next)
          continue
        }
        // A server that connects takes the place of the one before.
        if server >= 0 { close(server) }
        server = next
      }
    }
    for descriptor in held + [server, listening] where descriptor >= 0 { close(descriptor) }
  }

  /// The socket at which a holder is found.
  /// - Throws: ``DNSServerError``.
  static func listen(at path: String) throws(DNSServerError) -> Int32 {
    let descriptor = linux_packet_listener(path)
    guard descriptor >= 0 else { throw DNSServerError("listen on", path, code: -descriptor) }
    return descriptor
  }

  // MARK: Sets of sockets

  static func send(_ descriptors: [Int32], to connection: Int32) throws(DNSServerError) {
    var rest = descriptors[...]
    while true {
      let part = Array(rest.prefix(Int(LINUX_DESCRIPTORS_PER_MESSAGE)))
      rest = rest.dropFirst(part.count)
      let tag = part.isEmpty ? Tag.end : .sockets
      let code = linux_descriptors_send(connection, tag.rawValue, part, UInt32(part.count))
      guard code == 0 else { throw DNSServerError("send sockets to", "their holder", code: -code) }
      if part.isEmpty { return }
    }
  }

  static func receive(from connection: Int32) throws(DNSServerError) -> [Int32] {
    var descriptors: [Int32] = []
    var part = [Int32](repeating: -1, count: Int(LINUX_DESCRIPTORS_PER_MESSAGE))
    while true {
      var tag: UInt8 = 0
      let count = linux_descriptors_receive(connection, &tag, &part)
      guard count >= 0, let tag = Tag(rawValue: tag) else {
        for descriptor in descriptors { close(descriptor) }
        throw DNSServerError("receive sockets from", "their holder", code: count < 0 ? -count : EPROTO)
      }
      if tag == .end { return descriptors }
      descriptors += part[..<Int(count)]
    }
  }
}
