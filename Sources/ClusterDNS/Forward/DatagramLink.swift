import NIOCore
import NIOPosix

/// The UDP sockets towards one upstream: a few at a time, each with a source port of its own, and each used for a while
/// only (RFC 5452 §9.2). They are connected, so the kernel lets nobody else's answers in.
final class DatagramLink: @unchecked Sendable {  // used on its loop only
  private static let sockets = 4
  private static let usesPerSocket = 256

  private final class Socket {
    let channel: any Channel
    var uses = 0
    init(_ channel: any Channel) { self.channel = channel }
  }

  private let loop: any EventLoop
  private let address: SocketAddress
  private let received: ([UInt8]) -> Void
  private let refused: () -> Void
  private var open: [Socket] = []
  private var random = SystemRandomNumberGenerator()
  private var isClosed = false

  /// - Parameters:
  ///   - received: called on the loop with each datagram.
  ///   - refused: called on the loop where the kernel says that nobody listens.
  init(
    _ address: SocketAddress, loop: any EventLoop, received: @escaping ([UInt8]) -> Void, refused: @escaping () -> Void
  ) {
    self.address = address
    self.loop = loop
    self.received = received
    self.refused = refused
  }

  /// On the loop only, as everything here.
  func send(_ message: [UInt8]) {
    if open.count == Self.sockets, let index = open.indices.randomElement(using: &random) {
      let socket = open[index]
      socket.uses += 1
      write(message, socket.channel)
      if socket.uses >= Self.usesPerSocket {
        open.remove(at: index)
        // What is still on its way may arrive on the old socket.
        let channel = socket.channel
        loop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
      }
      return
    }
    DatagramBootstrap(group: loop)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(DatagramReader(received, refused))
        }
      }
      .connect(to: address)
      .assumeIsolated().whenComplete { [self] result in
        switch result {
        case .success(let channel):
          if isClosed {
            channel.close(promise: nil)
            return
          }
          if open.count < Self.sockets {
            open.append(Socket(channel))
          } else {
            loop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
          }
          write(message, channel)
        case .failure: refused()
        }
      }
  }

  private func write(_ message: [UInt8], _ channel: any Channel) {
    let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: message))
    channel.writeAndFlush(envelope).assumeIsolated().whenFailure { [self] _ in if !isClosed { refused() } }
  }

  func close() {
    isClosed = true
    for socket in open { socket.channel.close(promise: nil) }
    open = []
  }
}

private final class DatagramReader: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let received: ([UInt8]) -> Void
  private let refused: () -> Void

  init(_ received: @escaping ([UInt8]) -> Void, _ refused: @escaping () -> Void) {
    self.received = received
    self.refused = refused
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received(Array(unwrapInboundIn(data).data.readableBytesView))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { refused() }
}
