import Glibc

/// One call to the node's daemon over its unix socket.
///
/// The request is `skiff-cni 1`, the environment as `NAME=value`, each ended by a zero byte, one more zero byte, and the
/// configuration as it came, up to the end of the stream. The answer is a byte, `0` or `1`, which is the exit code,
/// and then what to print.
enum Daemon {
  private static let names = [
    "CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_ARGS", "CNI_PATH", "CNI_NETNS_OVERRIDE",
  ]
  /// Seconds the daemon may be silent: as long as the runtimes wait for a plugin, less a little.
  private static let patience = 100

  static func call(socket path: String, configuration: [UInt8]) throws(PluginError) -> (
    exitCode: Int32, output: [UInt8]
  ) {
    let descriptor = try connect(path)
    defer { close(descriptor) }
    var request = Array("skiff-cni 1".utf8) + [0]
    for name in names {
      guard let value = value(name) else { continue }
      request += Array("\(name)=\(value)".utf8) + [0]
    }
    request += [0] + configuration
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw unavailable("cannot send to", path) }
      sent += count
    }
    shutdown(descriptor, Int32(truncatingIfNeeded: SHUT_WR))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unavailable("no answer from", path) }
      if count == 0 { break }
      answer += buffer[..<count]
    }
    switch answer.first {
    case UInt8(ascii: "0"): return (0, Array(answer.dropFirst()))
    case UInt8(ascii: "1"): return (1, Array(answer.dropFirst()))
    default:
      throw PluginError(code: 11, message: "skiff's daemon ended during the call; try again later", details: path)
    }
  }

  private static func connect(_ path: String) throws(PluginError) -> Int32 {
    var address = sockaddr_un()
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw PluginError(code: 7, message: "the path in \"socket\" is too long", details: path)
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw unavailable("cannot open a socket to", path) }
    var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
    let width = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, width)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, width)
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) }
    }
    guard result == 0 else {
      let error = unavailable("cannot reach", path)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func unavailable(_ action: String, _ path: String) -> PluginError {
    PluginError(
      code: 11, message: "\(action) skiff's daemon; try again later",
      details: "\(path): \(String(cString: strerror(errno)))")
  }
}
