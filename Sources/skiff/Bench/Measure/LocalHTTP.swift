#if canImport(Glibc)
  import Glibc
#endif

/// A GET from a server of this machine: health and metrics of whatever proxy runs, what a daemon explains.
enum LocalHTTP {
  struct Response: Sendable {
    var status: Int
    var body: String
  }

  /// The answer; nil where nobody listens or the answer is none.
  static func get(_ path: String, port: UInt16) -> Response? {
    guard let socket = try? TCPSocket() else { return nil }
    defer { socket.close() }
    socket.setTimeout(.seconds(5))
    guard socket.connect(to: SocketName(127, 0, 0, 1, port: port)) == 0 else { return nil }
    return get(path, over: socket.descriptor)
  }

  /// The same over a socket that is connected.
  static func get(_ target: String, over descriptor: Int32) -> Response? {
    let request = Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &part, part.count, 0)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += part[..<count]
    }
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    guard head.hasPrefix("HTTP/1."), let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return Response(status: status, body: String(decoding: bytes[end.upperBound...], as: UTF8.self))
  }
}
