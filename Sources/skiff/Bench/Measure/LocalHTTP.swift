#if canImport(Glibc)
  import Glibc
#endif

/// A GET from a port of this machine: health and metrics of whatever proxy runs.
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
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard send(socket.descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket.descriptor, &buffer, buffer.count, 0)
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix("HTTP/1."), let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return Response(status: status, body: text)
  }
}
