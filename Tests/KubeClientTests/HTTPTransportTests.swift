import FoundationEssentials
import KubeAPI
import Logging
import NIOHTTP1
import NIOSSL
import Synchronization
import Testing

@testable import KubeClient

@Suite(.timeLimit(.minutes(1))) struct HTTPTransportTests {
  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @discardableResult
  func withClient<T>(
    _ configuration: ClientConfiguration, _ body: (KubeClient) async throws -> T
  ) async throws -> T {
    let client = try KubeClient(configuration, userAgent: "tester/1", logger: Self.logger)
    do {
      let result = try await body(client)
      try await client.shutdown()
      return result
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  @Test func sendsWhatTheVerbsSay() async throws {
    let seen = Mutex<[HTTPServer.Request]>([])
    let server = try await HTTPServer { request in
      seen.withLock { $0.append(request) }
      return .whole(.ok, #"{"kind":"Pod","metadata":{"name":"web"}}"#)
    }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)/prefix", token: .value("secret")))
    {
      client in
      let pod = try await client.patch(
        Pod.self, ObjectKey(namespace: "a", name: "web"), as: .strategic, ["metadata": ["labels": ["x": "y"]]])
      #expect(pod.metadata.name == "web")
      _ = try await client.listPage(Pod.self, labelSelector: "a in (b,c)", limit: 5)
    }
    try await server.close()
    let requests = seen.withLock { $0 }
    try #require(requests.count == 2)
    #expect(requests[0].head.method == .PATCH)
    #expect(requests[0].head.uri == "/prefix/api/v1/namespaces/a/pods/web?fieldManager=tester")
    #expect(requests[0].head.headers["content-type"] == ["application/strategic-merge-patch+json"])
    #expect(requests[0].head.headers["authorization"] == ["Bearer secret"])
    #expect(requests[0].head.headers["user-agent"] == ["tester/1"])
    #expect(requests[0].body == #"{"metadata":{"labels":{"x":"y"}}}"#)
    #expect(requests[1].head.uri == "/prefix/api/v1/pods?labelSelector=a%20in%20%28b%2Cc%29&limit=5")
  }

  @Test func readsTheServersErrors() async throws {
    let server = try await HTTPServer { _ in
      .whole(.notFound, #"{"kind":"Status","reason":"NotFound","message":"pods \"web\" not found","code":404}"#)
    }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)")) { client in
      let error = await #expect(throws: APIError.self) { try await client.get(Pod.self, ObjectKey(name: "web")) }
      #expect(error?.isNotFound == true)
      #expect(error?.description == "NotFound (404): pods \"web\" not found")
    }
    try await server.close()
  }

  @Test func streamsAWatchAndLetsGoOfIt() async throws {
    let server = try await HTTPServer { _ in
      .open([#"{"type":"ADDED","obj"#, #"ect":{"a":1}}"# + "\n" + #"{"type":"DELETED","object":{}}"# + "\n"])
    }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)")) { client in
      var frames = try await client.watch(ResourceSelection(resource: Pod.resource), from: "1").makeAsyncIterator()
      #expect(try await frames.next() == .added(["a": 1]))
      #expect(try await frames.next() == .deleted([:]))
      // The stream is still open: the end of the client ends it.
    }
    try await server.close()
  }

  @Test func opensManyWatchesAtOnce() async throws {
    let server = try await HTTPServer { request in
      request.head.uri.contains("watch=true")
        ? .open([#"{"type":"ADDED","object":{"a":1}}"# + "\n"]) : .whole(.ok, "{}")
    }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)")) { client in
      var open: [WatchFrames.AsyncIterator] = []
      for _ in 0..<40 {
        var frames = try await client.watch(ResourceSelection(resource: Pod.resource), from: "1").makeAsyncIterator()
        #expect(try await frames.next() == .added(["a": 1]))
        open.append(frames)
      }
      _ = try await client.get(Pod.self, ObjectKey(name: "x"))
      #expect(open.count == 40)
    }
    try await server.close()
  }

  func tls(client: Bool) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(Fixtures.serverCertificate.utf8)).map {
        .certificate($0)
      }, privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(Fixtures.serverKey.utf8), format: .pem)))
    if client {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Fixtures.authority.utf8)))
      tls.certificateVerification = .noHostnameVerification
    }
    return tls
  }

  func tlsConfiguration(_ port: Int) -> ClientConfiguration {
    ClientConfiguration(
      server: "https://127.0.0.1:\(port)", certificateAuthority: Array(Fixtures.authority.utf8),
      clientCertificate: Array(Fixtures.clientCertificate.utf8), clientKey: Array(Fixtures.clientKey.utf8))
  }

  @Test func showsItsCertificateAndChecksTheServers() async throws {
    let server = try await HTTPServer(tls: try tls(client: true)) { request in
      .whole(.ok, #"{"certificate":\#(request.hasClientCertificate)}"#)
    }
    var configuration = tlsConfiguration(server.port)
    try await withClient(configuration) { client in
      let answer = try await client.request("GET", "/version")
      #expect(answer == ["certificate": true])
    }
    // The name that the certificate must be for may be another than the URL's.
    configuration.tlsServerName = "kubernetes"
    try await withClient(configuration) { client in
      let answer = try await client.request("GET", "/version")
      #expect(answer == ["certificate": true])
    }
    try await server.close()
  }

  @Test func refusesAStrangersCertificate() async throws {
    let server = try await HTTPServer(tls: try tls(client: false)) { _ in .whole(.ok, "{}") }
    var configuration = ClientConfiguration(server: "https://127.0.0.1:\(server.port)")
    try await withClient(configuration) { client in
      let error = await #expect(throws: TransportError.self) { try await client.request("GET", "/version") }
      #expect(error?.message.contains("TLS") == true, "\(error?.message ?? "")")
    }
    configuration.insecureSkipTLSVerify = true
    try await withClient(configuration) { client in
      let answer = try await client.request("GET", "/version")
      #expect(answer == [:])
    }
    try await server.close()
  }

  @Test func tellsThatNothingListens() async throws {
    let server = try await HTTPServer { _ in .silence }
    let port = server.port
    try await server.close()
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(port)")) { client in
      let error = await #expect(throws: TransportError.self) { try await client.request("GET", "/version") }
      #expect(error?.description.contains("connection refused") == true, "\(error?.description ?? "")")
    }
  }

  @Test func tellsThatTheServerHungUp() async throws {
    let server = try await HTTPServer { _ in .drop }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)")) { client in
      let error = await #expect(throws: TransportError.self) { try await client.request("GET", "/version") }
      #expect(error?.message == "the server closed the connection")
    }
    try await server.close()
  }

  @Test func cancellationEndsARequest() async throws {
    let asked = Mutex(false)
    let server = try await HTTPServer { _ in
      asked.withLock { $0 = true }
      return .silence
    }
    try await withClient(ClientConfiguration(server: "http://127.0.0.1:\(server.port)")) { client in
      let task = Task { try await client.request("GET", "/version") }
      try await eventually("no request came") { asked.withLock { $0 } }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    try await server.close()
  }

  @Test(arguments: [
    ClientConfiguration(server: "nonsense://x"),
    ClientConfiguration(server: "https://x", certificateAuthority: Array("-----BEGIN nothing".utf8)),
    ClientConfiguration(
      server: "https://x", clientCertificate: Array(Fixtures.clientCertificate.utf8), clientKey: Array("x".utf8)),
  ]) func refusesWhatCannotWork(configuration: ClientConfiguration) {
    #expect(throws: ConfigurationError.self) {
      try KubeClient(configuration, userAgent: "tester/1", logger: Self.logger)
    }
  }
}
