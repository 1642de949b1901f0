import KubeAPI
import NIOCore
import NIOHTTP1

/// One connection to a Service's health check port. Whatever is asked, the answer is the same.
final class HealthCheckHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let service: ObjectKey
  private let server: HealthCheckServer
  private var isKeptAlive = false

  init(_ service: ObjectKey, _ server: HealthCheckServer) {
    self.service = service
    self.server = server
  }

  func channelActive(context: ChannelHandlerContext) {
    guard server.answers(on: context.localAddress) else { return context.close(promise: nil) }
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let request): isKeptAlive = request.isKeepAlive
    case .body: break
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    // The Service may have gone while the connection stayed.
    guard let answer = server.answer(for: service) else { return context.close(promise: nil) }
    var head = HTTPResponseHead(
      version: .http1_1, status: answer.status, headers: HTTPHeaders(answer.headers))
    head.headers.add(name: "Content-Length", value: "\(answer.body.utf8.count)")
    if !isKeptAlive { head.headers.add(name: "Connection", value: "close") }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
    let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    if !isKeptAlive {
      let channel = context.channel
      written.whenComplete { _ in channel.close(promise: nil) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
  }

  /// A connection that breaks, or that is no HTTP, is the other side's affair.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
