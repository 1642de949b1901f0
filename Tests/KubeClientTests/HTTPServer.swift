import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A small HTTP/1.1 server on the loopback interface that answers with a closure.
final class HTTPServer: Sendable {
  struct Request: Sendable {
    var head: HTTPRequestHead
    var body: String
    /// The subject of the client's certificate.
    var hasClientCertificate: Bool
  }

  enum Answer: Sendable {
    case whole(HTTPResponseStatus, String)
    /// The parts, then silence.
    case open([String])
    case silence
    case drop
  }

  let channel: any Channel
  let closed = Mutex(0)

  var port: Int { channel.localAddress?.port ?? 0 }

  init(tls: TLSConfiguration? = nil, _ answer: @escaping @Sendable (Request) -> Answer) async throws {
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(AnswerHandler(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  func close() async throws { try await channel.close() }
}

private final class AnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  let answer: @Sendable (HTTPServer.Request) -> HTTPServer.Answer
  var head: HTTPRequestHead?
  var body = ""

  init(_ answer: @escaping @Sendable (HTTPServer.Request) -> HTTPServer.Answer) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = ""
    case .body(let part): body += String(buffer: part)
    case .end:
      guard let head else { return }
      let certificate = (try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self))?.peerCertificate
      let request = HTTPServer.Request(head: head, body: body, hasClientCertificate: certificate != nil)
      switch answer(request) {
      case .whole(let status, let text):
        let headers = HTTPHeaders([("Content-Length", String(text.utf8.count)), ("Content-Type", "application/json")])
        write(context, .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
        write(context, .body(.byteBuffer(ByteBuffer(string: text))))
        write(context, .end(nil))
      case .open(let parts):
        write(context, .head(HTTPResponseHead(version: .http1_1, status: .ok)))
        for part in parts { write(context, .body(.byteBuffer(ByteBuffer(string: part)))) }
      case .silence: break
      case .drop: context.close(promise: nil)
      }
    }
  }

  private func write(_ context: ChannelHandlerContext, _ part: HTTPServerResponsePart) {
    context.writeAndFlush(wrapOutboundOut(part), promise: nil)
  }
}
