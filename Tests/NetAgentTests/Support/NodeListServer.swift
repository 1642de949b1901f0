import Glibc
import KubeAPI
import Netlink
import Synchronization

/// As much of the Kubernetes API as an agent in another process asks for: one list of nodes, empty lists of all else, and
/// watches that tell nothing. It answers at 127.0.0.1 of a namespace.
final class NodeListServer: Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let nodes: JSONValue
  private let open = Mutex<[Int32]>([])

  init(in namespace: NetworkNamespace, nodes: JSONValue) throws {
    self.nodes = nodes
    (descriptor, port) = try namespace.run { () throws -> (Int32, UInt16) in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var (name, size) = Stream.name(IPAddress(127, 0, 0, 1), 0)
      let bound = withUnsafeMutablePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &size) == 0
        }
      }
      guard bound else { throw NetlinkError(call: "listen on", object: "127.0.0.1", errno: errno) }
      return (descriptor, withUnsafeBytes(of: &name) { UInt16($0[2]) << 8 | UInt16($0[3]) })
    }
    TestThread { [self] in accept() }.start()
  }

  /// Ends all connections, and the thread.
  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    for connection in open.withLock({ $0 }) { shutdown(connection, Int32(SHUT_RDWR)) }
  }

  private func accept() {
    while true {
      let connection = Glibc.accept(descriptor, nil, nil)
      if connection < 0, errno == EINTR { continue }
      guard connection >= 0 else { break }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      open.withLock { $0.append(connection) }
      TestThread { [self] in
        serve(connection)
        open.withLock { $0.removeAll { $0 == connection } }
        close(connection)
      }.start()
    }
    close(descriptor)
  }

  private func serve(_ connection: Int32) {
    var input: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    let end = Array("\r\n\r\n".utf8)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      input += buffer[..<count]
      // Requests have no bodies: all are GETs.
      while let range = input.firstRange(of: end) {
        let path = String(decoding: input[..<range.lowerBound], as: UTF8.self).split(separator: " ").dropFirst().first
        input.removeSubrange(..<range.upperBound)
        let answer = answer(String(path ?? ""))
        guard send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) == answer.count else { return }
      }
    }
  }

  private func answer(_ path: String) -> [UInt8] {
    if path.contains("watch=") {
      return Array(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    }
    let items: JSONValue = path.split(separator: "?").first == "/api/v1/nodes" ? nodes : []
    let list: JSONValue = [
      "kind": "List", "apiVersion": "v1", "metadata": ["resourceVersion": "1"], "items": items,
    ]
    let body = Array(list.text.utf8)
    return Array(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
  }
}
