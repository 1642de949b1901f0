import Glibc
import Netlink

/// TCP in namespaces: a listener that counts what comes, and clients.
final class Listener: Sendable {
  private let descriptor: Int32

  init(in namespace: NetworkNamespace, _ address: IPAddress, port: UInt16) throws {
    descriptor = try namespace.run { () throws -> Int32 in
      let descriptor = try Stream.socket(address)
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
      var (storage, size) = Stream.name(address, port)
      let result = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      guard result == 0, listen(descriptor, 64) == 0 else { throw Stream.failure("listen", descriptor) }
      return descriptor
    }
  }

  deinit { close(descriptor) }

  /// The next connection; `nil` where none comes within the milliseconds.
  func accept(within milliseconds: Int32 = 5000) -> Stream? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, milliseconds) == 1 else { return nil }
    let connection = Glibc.accept(descriptor, nil, nil)
    return connection < 0 ? nil : Stream(connection)
  }
}

/// One TCP connection.
final class Stream: Sendable {
  private let descriptor: Int32

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Connects; `nil` where that is refused or takes longer than the seconds.
  static func connect(
    from namespace: NetworkNamespace, to address: IPAddress, port: UInt16, within seconds: Int = 5
  ) throws -> Stream? {
    try namespace.run { () throws -> Stream? in
      let stream = Stream(try socket(address))
      var patience = timeval(tv_sec: seconds, tv_usec: 0)
      setsockopt(stream.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      setsockopt(stream.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      var (storage, size) = name(address, port)
      let result = withUnsafePointer(to: &storage) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(stream.descriptor, $0, size) }
      }
      return result == 0 ? stream : nil
    }
  }

  /// Sends so many bytes; whether all went.
  func send(_ count: Int) -> Bool {
    let bytes = [UInt8](repeating: 7, count: 65536)
    var rest = count
    while rest > 0 {
      let sent = Glibc.send(descriptor, bytes, min(rest, bytes.count), Int32(MSG_NOSIGNAL))
      guard sent > 0 else { return false }
      rest -= sent
    }
    return true
  }

  /// Bytes that wait to be read.
  var available: Int {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads until the other side has finished: how many bytes came.
  func drain() -> Int {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var total = 0
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { return total }
      total += count
    }
  }

  /// The address that the other side has here.
  var peer: IPAddress? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
    }
    guard result == 0 else { return nil }
    let raw = withUnsafeBytes(of: &storage) { Array($0) }
    return IPAddress(bytes: storage.ss_family == sa_family_t(AF_INET) ? raw[4..<8] : raw[8..<24])
  }

  fileprivate static func socket(_ address: IPAddress) throws -> Int32 {
    let descriptor = Glibc.socket(
      address.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("socket", descriptor) }
    return descriptor
  }

  fileprivate static func failure(_ call: String, _ descriptor: Int32) -> NetlinkError {
    let error = NetlinkError(call: call, object: "a TCP socket", errno: errno)
    close(descriptor)
    return error
  }

  static func name(_ address: IPAddress, _ port: UInt16) -> (sockaddr_storage, socklen_t) {
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(address.isIPv4 ? AF_INET : AF_INET6)
    let offset = address.isIPv4 ? 4 : 8
    withUnsafeMutableBytes(of: &storage) { bytes in
      bytes[2] = UInt8(port >> 8)
      bytes[3] = UInt8(port & 0xff)
      for (index, byte) in address.bytes.enumerated() { bytes[offset + index] = byte }
    }
    return (storage, socklen_t(address.isIPv4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size))
  }
}
