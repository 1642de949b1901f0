import CLinux
import Glibc

/// A server's connection to the holder of its sockets.
public final class HeldSockets: Sendable {
  /// How to reach the holder, and how to start one.
  public struct Access: Sendable {
    /// Where its socket is.
    public var path: String
    /// Starts a holder that runs ``SocketHolder/run(listening:grace:)`` with this descriptor.
    public var start: @Sendable (_ listening: Int32) throws -> Void

    public init(path: String, start: @escaping @Sendable (_ listening: Int32) throws -> Void) {
      self.path = path
      self.start = start
    }
  }

  private let connection: Int32

  private init(connection: Int32) { self.connection = connection }

  deinit { close(connection) }

  /// Asks for the sockets that are held; starts a holder where none runs.
  /// - Returns: the connection, and the descriptors, which belong to the caller.
  /// - Throws: ``DNSServerError``, and what starting throws.
  static func fetch(_ access: Access) throws -> (HeldSockets, [Int32]) {
    if let found = try? connect(access) { return found }
    let listening = try SocketHolder.listen(at: access.path)
    defer { close(listening) }
    try access.start(listening)
    return try connect(access)
  }

  private static func connect(_ access: Access) throws(DNSServerError) -> (HeldSockets, [Int32]) {
    let descriptor = linux_packet_connect(access.path)
    guard descriptor >= 0 else { throw DNSServerError("connect to", access.path, code: -descriptor) }
    let connection = HeldSockets(connection: descriptor)
    return (connection, try SocketHolder.receive(from: descriptor))
  }

  /// From now on these are held, and no others.
  func keep(_ descriptors: [Int32]) throws(DNSServerError) { try SocketHolder.send(descriptors, to: connection) }
}
