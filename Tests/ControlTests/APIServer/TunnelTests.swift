import KubeAPI
import KubeClient
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Control

/// Logs, exec, attach and portforward, with a kubelet that writes down what it is asked.
@Suite(.timeLimit(.minutes(1))) struct TunnelTests {
  /// A TLS server that answers each request with what `answer` makes of its head, and then sends bytes back as they come.
  private final class FakeKubelet: Sendable {
    let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    init(_ authority: CertificateAuthority, answer: @escaping @Sendable (String) -> String) async throws {
      let pair = try authority.node("node-1", addresses: ["127.0.0.1"])
      var tls = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8)).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.key.utf8), format: .pem)))
      // Only who has a certificate of the cluster gets in.
      tls.certificateVerification = .noHostnameVerification
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8)))
      let context = try NIOSSLContext(configuration: tls)
      channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
            try channel.pipeline.syncOperations.addHandler(Answerer(answer))
          }
        }
        .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Answerer: ChannelInboundHandler {
      typealias InboundIn = ByteBuffer
      typealias OutboundOut = ByteBuffer
      private let answer: @Sendable (String) -> String
      private var head = ""
      private var isTunnel = false

      init(_ answer: @escaping @Sendable (String) -> String) { self.answer = answer }

      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if isTunnel {
          context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
          return
        }
        head += String(buffer: buffer)
        guard head.contains("\r\n\r\n") else { return }
        isTunnel = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer(head))), promise: nil)
      }
    }
  }

  private static func with(
    answer: @escaping @Sendable (String) -> String,
    _ body: @escaping @Sendable (LiveControlPlane, KubeClient) async throws -> Void
  ) async throws {
    try await LiveControlPlane.with { live in
      let kubelet = try await FakeKubelet(live.authority, answer: answer)
      let client = try live.client()
      _ = try await client.create(
        Node("node-1") {
          $0.json["status"] = [
            "addresses": [["type": "InternalIP", "address": "127.0.0.1"]],
            "daemonEndpoints": ["kubeletEndpoint": ["Port": .integer(Int64(kubelet.port))]],
          ]
        })
      var pod = Pod(json: TestAPIServer.pod("p") { $0.spec.nodeName = "node-1" })
      pod.metadata.namespace = "default"
      _ = try await client.create(pod)
      do {
        try await body(live, client)
      } catch {
        try await client.shutdown()
        try await kubelet.channel.close()
        throw error
      }
      try await client.shutdown()
      try await kubelet.channel.close()
    }
  }

  static let pod = "/api/v1/namespaces/default/pods/p"

  @Test func logsComeFromTheKubelet() async throws {
    try await Self.with { head in
      head.hasPrefix("GET /containerLogs/default/p/main?tailLines=5 HTTP/1.1\r\n")
        ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nline 1"
        : "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwrong"
    } _: { live, client in
      let response = try await client.send(
        KubeRequest(method: "GET", path: Self.pod + "/log", query: [("tailLines", "5")]))
      #expect(response.status == 200)
      var text = ""
      switch response.body {
      case .bytes(let bytes): text = String(buffer: bytes)
      case .stream(let stream): for try await part in stream { text += String(buffer: part) }
      }
      #expect(text == "line 1")
      let refused = try await client.send(KubeRequest(method: "GET", path: Self.pod + "/log"))
      #expect(refused.status == 400)
      let other = try await client.send(
        KubeRequest(method: "GET", path: Self.pod + "/log", query: [("container", "other")]))
      #expect(other.status == 400)
    }
  }

  @Test func anUpgradedConnectionIsPassedOnByteForByte() async throws {
    try await Self.with { head in
      head.hasPrefix("POST /exec/default/p/main?input=1&output=1&command=sh&command=-c HTTP/1.1\r\n")
        && head.lowercased().contains("upgrade: spdy/3.1")
        ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhello"
        : "HTTP/1.1 500 Wrong\r\nContent-Length: \(head.utf8.count)\r\n\r\n\(head)"
    } _: { live, _ in
      let request =
        "POST \(Self.pod)/exec?command=sh&command=-c&stdin=true&stdout=true HTTP/1.1\r\nHost: x\r\n"
        + "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n"
        + "Content-Length: 0\r\n\r\n"
      let answer = try await HTTPServerTests.raw(live, request, until: "hello") { outbound, inbound in
        try await outbound(ByteBuffer(string: "echo me"))
        return try await inbound("echo me")
      }
      #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"), "\(answer)")
      #expect(answer.hasSuffix("helloecho me"), "\(answer)")
    }
  }

  @Test func aProtocolThatTheRuntimeDoesNotSpeakIsRefused() async throws {
    try await Self.with { _ in
      "HTTP/1.1 500 Asked\r\nContent-Length: 0\r\n\r\n"
    } _: { live, _ in
      let request =
        "GET \(Self.pod)/exec?command=sh&stdout=true HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
        + "Upgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
      let answer = try await HTTPServerTests.raw(live, request, until: "v5.channel")
      #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer)")
    }
  }
}
