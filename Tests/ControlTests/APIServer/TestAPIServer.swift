import KubeAPI
import KubeClient
import Logging
import NIOCore

@testable import Control

/// An API server over a store in memory, with a namespace to work in.
struct TestAPIServer: Sendable {
  let server: APIServer
  let store: SQLiteStore

  struct Answer {
    var status: Int
    var headers: [(name: String, value: String)]
    var json: JSONValue
    var text: String

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
  }

  init(configuration: APIServer.Configuration = APIServer.Configuration()) async throws {
    store = try SQLiteStore(.memory)
    server = try APIServer(store: store, configuration: configuration, logger: Logger(label: "test"))
    try await server.start()
    for name in ["default", "kube-system"] { _ = try await client.create(Namespace(name)) }
  }

  var client: KubeClient { KubeClient(transport: server.transport(), logger: Logger(label: "test")) }

  func stop() async {
    await server.stop()
    await store.close()
  }

  static func with(
    configuration: APIServer.Configuration = APIServer.Configuration(), _ body: (TestAPIServer) async throws -> Void
  ) async throws {
    let server = try await TestAPIServer(configuration: configuration)
    do {
      try await body(server)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  /// Sends a request whose query stands behind the path: `/api/v1/pods?limit=1`.
  func send(
    _ method: String, _ uri: String, _ body: JSONValue? = nil, type: String = "application/json", accept: String? = nil,
    raw: [UInt8]? = nil, as user: User = .loopback
  ) async throws -> Answer {
    let response = await server.handle(
      request(method, uri, raw ?? body?.bytes, type: type, accept: accept), user: user)
    var bytes: [UInt8] = []
    switch response.body {
    case .bytes(let buffer): bytes = Array(buffer.readableBytesView)
    case .stream(let stream): for try await part in stream { bytes += Array(part.readableBytesView) }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return Answer(
      status: response.status, headers: response.headers, json: (try? JSONValue(parsing: bytes)) ?? .null, text: text)
  }

  func request(
    _ method: String, _ uri: String, _ body: [UInt8]? = nil, type: String = "application/json", accept: String? = nil
  ) -> KubeRequest {
    let (path, query) = RequestURI.split(uri)
    var headers = [(name: "Content-Type", value: type)]
    if let accept { headers.append((name: "Accept", value: accept)) }
    return KubeRequest(
      method: method, path: path ?? "", query: query ?? [], headers: headers, body: body.map { ByteBuffer(bytes: $0) })
  }

  /// Reads events of a watch until `count` have come or the watch has ended.
  func events(_ uri: String, accept: String? = nil, count: Int) async throws -> [(type: String, object: JSONValue)] {
    let watch = try await WatchReader(self, uri, accept: accept)
    return try await watch.next(count)
  }

  static func configMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:]) -> JSONValue {
    ConfigMap(name) {
      $0.metadata.labels = labels
      $0.data = data
    }.json
  }

  static func pod(_ name: String, _ fill: (inout Pod) -> Void = { _ in }) -> JSONValue {
    Pod(name) {
      $0.spec.containers = [
        Container {
          $0.name = "main"
          $0.image = "image:1"
        }
      ]
      fill(&$0)
    }.json
  }
}

/// A running watch of a test.
final class WatchReader {
  let status: Int
  private var iterator: AsyncThrowingStream<ByteBuffer, any Error>.AsyncIterator?
  private var text = ""
  private var ready: [(type: String, object: JSONValue)] = []

  init(_ server: TestAPIServer, _ uri: String, accept: String? = nil) async throws {
    let response = await server.server.handle(server.request("GET", uri, accept: accept), user: .loopback)
    status = response.status
    if case .stream(let stream) = response.body { iterator = stream.makeAsyncIterator() }
  }

  func next(_ count: Int) async throws -> [(type: String, object: JSONValue)] {
    while ready.count < count, var reading = iterator {
      let part = try await reading.next()
      iterator = part == nil ? nil : reading
      guard let part else { break }
      for line in String(buffer: part).split(separator: "\n") {
        let event = try JSONValue(parsing: String(line))
        ready.append((event["type"]?.stringValue ?? "", event["object"] ?? .null))
      }
    }
    let events = Array(ready.prefix(count))
    ready = Array(ready.dropFirst(count))
    return events
  }
}
