import Foundation
import Glibc
import Netlink
import Testing

/// What an HTTP server in a network namespace answers.
struct HTTPAnswer {
  var status: Int
  /// By lower-case name.
  var headers: [String: String]
  var body: String

  /// Asks once, over a connection of its own; nil where nobody answers.
  static func get(
    _ namespace: NetworkNamespace, _ address: IPAddress, _ port: UInt16, path: String = "/"
  ) throws -> HTTPAnswer? {
    let text = try namespace.run { () throws -> String? in try ask(address, port, path) }
    return text.flatMap { HTTPAnswer($0) }
  }

  private init?(_ text: String) {
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, let status = Int(words[1]) else { return nil }
    self.status = status
    headers = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    body = String(text[end.upperBound...])
  }

  private static func ask(_ address: IPAddress, _ port: UInt16, _ path: String) throws -> String? {
    let descriptor = socket(address.isIPv4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard connect(descriptor, address, port) else { return nil }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self)
  }

  private static func connect(_ descriptor: Int32, _ address: IPAddress, _ port: UInt16) -> Bool {
    func connect<Name>(_ name: Name) -> Bool {
      withUnsafeBytes(of: name) { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) {
          Glibc.connect(descriptor, $0.baseAddress, socklen_t(bytes.count)) == 0
        }
      }
    }
    if address.isIPv4 {
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      inet_pton(AF_INET, "\(address)", &name.sin_addr)
      return connect(name)
    }
    var name = sockaddr_in6()
    name.sin6_family = sa_family_t(AF_INET6)
    name.sin6_port = port.bigEndian
    inet_pton(AF_INET6, "\(address)", &name.sin6_addr)
    return connect(name)
  }
}
