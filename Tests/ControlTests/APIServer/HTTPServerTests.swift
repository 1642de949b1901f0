import AsyncHTTPClient
import Foundation
import KubeAPI
import KubeClient
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import Control

/// The server on the wire: TLS, certificates, pipelining, limits, tunnels.
@Suite(.timeLimit(.minutes(2))) struct HTTPServerTests {
  /// A client with the administrator's certificate, or none.
  private static func withClient(
    _ live: LiveControlPlane, _ pair: CertificatePair?, _ body: (HTTPClient) async throws -> Void
  ) async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(live.authority.certificatePEM.utf8)))
    if let pair {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8)).map { .certificate($0) }
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.key.utf8), format: .pem))
    }
    let client = HTTPClient(
      eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(tlsConfiguration: tls))
    do {
      try await body(client)
    } catch {
      try await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }

  private static func get(_ client: HTTPClient, _ url: String) async throws -> (Int, String) {
    let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
    return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 24)))
  }

  @Test func certificatesDecideWhoOneIs() async throws {
    try await LiveControlPlane.with { live in
      try await Self.withClient(live, nil) { client async throws in
        let (version, _) = try await Self.get(client, live.url + "/version")
        #expect(version == 200)
        let (status, text) = try await Self.get(client, live.url + "/api/v1/pods")
        #expect(status == 403)
        #expect(text.contains("system:anonymous"))
      }
      try await Self.withClient(live, live.administrator) { client async throws in
        #expect(try await Self.get(client, live.url + "/api/v1/pods").0 == 200)
      }
      let foreign = try CertificateAuthority(commonName: "foreign").administrator()
      try await Self.withClient(live, foreign) { client async throws in
        await #expect(throws: (any Error).self) { _ = try await Self.get(client, live.url + "/api/v1/pods") }
      }
      let node = try live.authority.node("node-1", addresses: ["127.0.0.1"])
      try await Self.withClient(live, node) { client async throws in
        #expect(try await Self.get(client, live.url + "/api/v1/nodes").0 == 200)
      }
    }
  }

  @Test func theClusterHasItsFirstObjects() async throws {
    try await LiveControlPlane.with { live in
      let client = try live.client()
      let namespaces = try await client.list(Namespace.self).items.map(\.key.name)
      #expect(namespaces == ["default", "kube-node-lease", "kube-public", "kube-system"])
      let kubernetes = try await client.get(KubeAPI.Service.self, ObjectKey(namespace: "default", name: "kubernetes"))
      #expect(kubernetes.spec.clusterIP == "10.96.0.1")
      let slice = try await client.get(EndpointSlice.self, ObjectKey(namespace: "default", name: "kubernetes"))
      #expect(slice.ports.first?.port == Int32(live.port))
      let dns = try await client.get(KubeAPI.Service.self, ObjectKey(namespace: "kube-system", name: "kube-dns"))
      #expect(dns.spec.clusterIP == "10.96.0.10")
      #expect(dns.spec.ports.compactMap(\.name) == ["dns", "dns-tcp"])
      try await client.shutdown()
    }
  }

  @Test func aRestartKeepsEverythingAndWatchesGoOn() async throws {
    let directory = try TemporaryDirectory()
    defer { directory.remove() }
    let before = Box<String>("")
    try await LiveControlPlane.with(in: directory.path) { live in
      let client = try live.client()
      before.set(try await client.list(ConfigMap.self).resourceVersion)
      _ = try await client.create(ConfigMap("a", in: "default"))
      try await client.shutdown()
    }
    try await LiveControlPlane.with(in: directory.path) { live in
      try await Self.withClient(live, live.administrator) { client async throws in
        let url = live.url + "/api/v1/configmaps?watch=1&timeoutSeconds=1&resourceVersion=" + before.value
        let (status, text) = try await Self.get(client, url)
        #expect(status == 200)
        #expect(text.hasPrefix(#"{"type":"ADDED","object":{"kind":"ConfigMap""#))
      }
    }
  }

  @Test func bodiesHaveALimit() async throws {
    try await LiveControlPlane.with { live in
      try await Self.withClient(live, live.administrator) { client async throws in
        var request = HTTPClientRequest(url: live.url + "/api/v1/namespaces/default/configmaps")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(repeating: UInt8(ascii: " "), count: 3 * 1_024 * 1_024 + 1))
        let response = try await client.execute(request, timeout: .seconds(20))
        #expect(response.status == .payloadTooLarge)
        let (version, _) = try await Self.get(client, live.url + "/version")
        #expect(version == 200)
      }
    }
  }

  /// What a plain connection gets back for bytes that are sent as they are, until it is closed or has `until` in it.
  ///
  /// - Parameter then: goes on with the connection; its second argument reads until a text has come.
  static func raw(
    _ live: LiveControlPlane, _ text: String, until mark: String? = nil,
    then: (((ByteBuffer) async throws -> Void, (String) async throws -> String) async throws -> String)? = nil
  ) async throws -> String {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(live.authority.certificatePEM.utf8)))
    tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(live.administrator.certificate.utf8))
      .map { .certificate($0) }
    tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(live.administrator.key.utf8), format: .pem))
    let context = try NIOSSLContext(configuration: tls)
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: live.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      var answer = ""
      var iterator = inbound.makeAsyncIterator()
      func read(until mark: String?) async throws {
        do {
          while let part = try await iterator.next() {
            answer += String(buffer: part)
            if let mark, answer.contains(mark) { break }
          }
        } catch {
          // A server that closes without a TLS farewell has said all it had to say.
        }
      }
      try await read(until: mark)
      guard let then else { return answer }
      return try await then(
        { try await outbound.write($0) },
        { mark in
          try await read(until: mark)
          return answer
        })
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await LiveControlPlane.with { live in
      let requests = ["/version", "/api", "/readyz"].map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
      let last = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      let answer = try await Self.raw(live, requests + last)
      let order = ["gitVersion", "APIVersions", "\r\n\r\nok"].compactMap { answer.range(of: $0)?.lowerBound }
      #expect(order.count == 3 && order == order.sorted())
      #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 5)
    }
  }

  @Test func malformedRequestsGetA400AndNothingBreaks() async throws {
    try await LiveControlPlane.with { live in
      for text in [
        "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      ] {
        let answer = try await Self.raw(live, text)
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(text) → \(answer)")
      }
      #expect(
        try await Self.raw(live, "GET /version HTTP/1.1\r\nHost: x\r\n\r\n", until: "gitVersion").contains("200 OK"))
    }
  }
}

/// A value that a test hands from one task to another.
final class Box<Value: Sendable>: Sendable {
  private let storage: Mutex<Value>
  init(_ value: Value) { storage = Mutex(value) }
  var value: Value { storage.withLock { $0 } }
  func set(_ value: Value) { storage.withLock { $0 = value } }
}
