import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Turns a client's connection into a tunnel to a kubelet: the request goes on with another path, and from then on
/// bytes pass both ways as they are, the kubelet's answer first.
struct TunnelSetup: Sendable {
  let tunnel: APIServer.Tunnel
  let channel: any Channel
  let connection: NIOLoopBound<ConnectionHandler>

  /// Returns when the tunnel stands.
  /// - Throws: what kept the kubelet from being reached; then nothing was written to the client.
  func run(_ head: HTTPRequestHead) async throws {
    let request = requestText(head)
    let context = tunnel.kubelets.context
    let loop = channel.eventLoop
    let kubelet = try await ClientBootstrap(group: loop)
      .connectTimeout(.seconds(10))
      .channelOption(.autoRead, value: false)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
        }
      }
      .connect(host: tunnel.address.host, port: tunnel.address.port).get()
    do {
      let channel = channel
      let connection = connection
      try await loop.flatSubmit {
        let client = channel.pipeline.syncOperations
        return client.removeHandler(connection.value)
          .flatMap { remove(HTTPServerProtocolErrorHandler.self, channel) }
          .flatMap { remove(HTTPServerPipelineHandler.self, channel) }
          .flatMap { remove(HTTPResponseEncoder.self, channel) }
          .flatMapThrowing {
            let (front, back) = TunnelHandler.pair()
            try kubelet.pipeline.syncOperations.addHandler(back)
            try channel.pipeline.syncOperations.addHandler(front)
          }
          .flatMap { remove(ByteToMessageHandler<HTTPRequestDecoder>.self, channel) }
          .flatMap {
            let written = kubelet.writeAndFlush(ByteBuffer(string: request))
            _ = kubelet.setOption(.autoRead, value: true)
            channel.read()
            kubelet.read()
            return written
          }
      }.get()
    } catch {
      kubelet.close(promise: nil)
      channel.close(promise: nil)
      throw error
    }
  }

  private func requestText(_ head: HTTPRequestHead) -> String {
    var text = "\(head.method.rawValue) \(tunnel.uri) HTTP/1.1\r\nHost: \(tunnel.address.authority)\r\n"
    for header in tunnel.headers { text += "\(header.name): \(header.value)\r\n" }
    return text + "Content-Length: 0\r\n\r\n"
  }
}

private func remove<Handler: RemovableChannelHandler>(
  _ type: Handler.Type, _ channel: any Channel
) -> EventLoopFuture<Void> {
  channel.eventLoop.assertInEventLoop()
  do {
    let context = try channel.pipeline.syncOperations.context(handlerType: type)
    return channel.pipeline.syncOperations.removeHandler(context: context)
  } catch {
    return channel.eventLoop.makeFailedFuture(error)
  }
}

/// One end of a tunnel. What it reads, its partner writes; while the partner cannot write, it does not read.
/// Both ends are on one event loop.
final class TunnelHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var partner: TunnelHandler?
  private var context: ChannelHandlerContext?
  private var waitsToRead = false

  static func pair() -> (TunnelHandler, TunnelHandler) {
    let (one, other) = (TunnelHandler(), TunnelHandler())
    one.partner = other
    other.partner = one
    return (one, other)
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    partner = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { partner?.context?.write(data, promise: nil) }

  func channelReadComplete(context: ChannelHandlerContext) {
    partner?.context?.flush()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if partner?.context?.channel.isWritable ?? true { context.read() } else { waitsToRead = true }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable, let partner, partner.waitsToRead {
      partner.waitsToRead = false
      partner.context?.read()
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    partner?.context?.close(promise: nil)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
