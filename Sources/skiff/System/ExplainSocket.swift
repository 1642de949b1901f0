#if canImport(Glibc)
  import Glibc
#endif

/// The socket over which a daemon explains itself.
enum ExplainSocket {
  /// Where a daemon has it.
  static func path(_ runDirectory: String, daemon: String) -> String {
    daemon == "node" ? "\(runDirectory)/explain.sock" : "\(runDirectory)/explain-\(daemon).sock"
  }

  /// A GET over the socket; `nil` where no daemon listens there.
  /// - Throws: ``UserError`` with the daemon's words where it has no answer.
  static func get(
    _ path: String, _ arguments: [(name: String, value: String)], from socketPath: String
  ) throws -> String? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard socketPath.utf8.count < room else { throw UserError("\(socketPath): the path is too long for a socket") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw UserError.system("make a socket for", socketPath) }
    defer { close(descriptor) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      if errno == ENOENT || errno == ECONNREFUSED { return nil }
      throw UserError.system("ask the daemon at", socketPath)
    }
    let query = arguments.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
    guard let answer = LocalHTTP.get("\(path)?\(query)", over: descriptor) else {
      throw UserError("the daemon at \(socketPath) ended without an answer")
    }
    guard answer.status == 200 else { throw UserError(answer.body) }
    return answer.body
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain =
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 < 10
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      if isPlain { return String(Unicode.Scalar(byte)) }
      return "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
