import KubeClient
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL

/// One connection: gathers a request, hands it to the API server, writes the answer; then the next.
///
/// The pipelining handler before this one lets no second request in while one is being answered.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// A body that is refused is still read, up to here, so that the client sees the answer and not a broken connection.
  private static let discardLimit = 64 * 1_024 * 1_024

  private let server: APIServer
  private let logger: Logger
  private var head: HTTPRequestHead?
  private var body: ByteBuffer?
  private var received = 0
  private var answering: Task<Void, Never>?
  private var user: User?

  init(server: APIServer, logger: Logger) {
    self.server = server
    self.logger = logger
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = nil
      received = 0
      if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
        let interim = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
      }
    case .body(var part):
      received += part.readableBytes
      if received > Self.discardLimit {
        context.close(promise: nil)
      } else if received > server.configuration.bodyLimit {
        body = nil
      } else if body == nil {
        body = part
      } else {
        body?.writeBuffer(&part)
      }
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let user = identity(context)
    let channel = context.channel
    let writer = ResponseWriter(channel: channel, head: head)
    let (path, query) = RequestURI.split(head.uri)
    guard let path, let query else {
      answering = Task { await writer.write(APIServer.response(.badRequest("the request's URI cannot be read"))) }
      return
    }
    if received > server.configuration.bodyLimit {
      let refusal = APIServer.response(.tooLarge(server.configuration.bodyLimit))
      answering = Task { await writer.write(refusal) }
      return
    }
    let request = KubeRequest(
      method: head.method.rawValue, path: path, query: query,
      headers: head.headers.map { (name: $0.name, value: $0.value) }, body: body)
    body = nil
    let server = server
    let logger = logger
    if APIServer.isUpgrade(request) {
      let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
      answering = Task {
        do throws(StatusError) {
          let tunnel = try await server.tunnel(request, user: user)
          do {
            try await TunnelSetup(tunnel: tunnel, channel: channel, connection: handler).run(head)
          } catch {
            logger.info(
              "tunnel failed",
              metadata: ["path": "\(request.path)", "kubelet": "\(tunnel.address.authority)", "error": "\(error)"])
            await writer.write(APIServer.response(.internalError("error dialing backend: \(error)")))
          }
        } catch {
          await writer.write(APIServer.response(error))
        }
      }
      return
    }
    answering = Task { await writer.write(await server.handle(request, user: user)) }
  }

  /// Who the client is, by its certificate. The handshake has verified that; it is read once.
  private func identity(_ context: ChannelHandlerContext) -> User {
    if let user { return user }
    let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
    let found = certificate.flatMap { ClientIdentity.user($0) } ?? .anonymous
    user = found
    return found
  }

  func channelInactive(context: ChannelHandlerContext) {
    answering?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    logger.debug("connection failed", metadata: ["error": "\(error)"])
    context.close(promise: nil)
  }
}

/// Writes one answer to a connection.
struct ResponseWriter: Sendable {
  let channel: any Channel
  let keepsAlive: Bool
  let isHead: Bool
  let version: HTTPVersion

  init(channel: any Channel, head: HTTPRequestHead) {
    self.channel = channel
    keepsAlive = head.isKeepAlive
    isHead = head.method == .HEAD
    version = head.version
  }

  func write(_ response: KubeResponse) async {
    var head = HTTPResponseHead(version: version, status: HTTPResponseStatus(statusCode: response.status))
    for header in response.headers { head.headers.add(name: header.name, value: header.value) }
    head.headers.add(name: "Cache-Control", value: "no-cache, private")
    if !keepsAlive { head.headers.add(name: "Connection", value: "close") }
    switch response.body {
    case .bytes(let bytes): writeWhole(head, bytes)
    case .stream(let stream): await writeStream(head, stream)
    }
  }

  private func writeWhole(_ head: HTTPResponseHead, _ bytes: ByteBuffer) {
    var head = head
    if head.status != .notModified { head.headers.add(name: "Content-Length", value: String(bytes.readableBytes)) }
    let whole = head
    // One hop to the event loop for all parts.
    channel.eventLoop.execute {
      channel.write(HTTPServerResponsePart.head(whole), promise: nil)
      if bytes.readableBytes > 0, !isHead {
        channel.write(HTTPServerResponsePart.body(.byteBuffer(bytes)), promise: nil)
      }
      let written = channel.eventLoop.makePromise(of: Void.self)
      channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: written)
      if !keepsAlive { written.futureResult.whenComplete { _ in channel.close(promise: nil) } }
    }
  }

  /// Each part waits until the one before has gone to the kernel: a slow reader slows its own stream only.
  private func writeStream(_ head: HTTPResponseHead, _ stream: AsyncThrowingStream<ByteBuffer, any Error>) async {
    do {
      try await channel.writeAndFlush(HTTPServerResponsePart.head(head))
      for try await part in stream {
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(part)))
      }
      if Task.isCancelled { return }
      try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
      if !keepsAlive { try await channel.close() }
    } catch {
      // A stream that breaks off must not look complete.
      try? await channel.close()
    }
  }
}
