import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// The connection to one upstream over TCP or TLS (RFC 7766, RFC 7858): opened when it is needed, used for many queries
/// at once, closed when it has been quiet.
final class StreamLink: @unchecked Sendable {  // used on its loop only
  private static let idle = TimeAmount.seconds(10)
  private static let connectTime = TimeAmount.seconds(1)

  private enum State {
    case closed
    /// With what is to be sent then.
    case connecting([[UInt8]])
    case open(any Channel)
  }

  /// How a connection is secured.
  struct TLS {
    var context: NIOSSLContext
    /// `nil` where the certificate must be for the address.
    var serverName: String?
  }

  private let loop: any EventLoop
  private let address: SocketAddress
  private let tls: TLS?
  private let received: ([UInt8]) -> Void
  private let failed: (_ id: UInt16, _ isFault: Bool) -> Void
  private let refused: (any Error) -> Void
  private var state = State.closed
  /// IDs of queries that were sent and have no answer yet.
  private var pending: Set<UInt16> = []
  private var answers = 0
  private var timer: Scheduled<Void>?

  /// - Parameters:
  ///   - received: called on the loop with each message.
  ///   - failed: called on the loop for each query that will get no answer.
  ///   - refused: called on the loop with the reason why no connection could be made.
  init(
    _ address: SocketAddress, tls: TLS?, loop: any EventLoop, received: @escaping ([UInt8]) -> Void,
    failed: @escaping (_ id: UInt16, _ isFault: Bool) -> Void, refused: @escaping (any Error) -> Void
  ) {
    self.address = address
    self.tls = tls
    self.loop = loop
    self.received = received
    self.failed = failed
    self.refused = refused
  }

  /// On the loop only, as everything here.
  func send(_ message: [UInt8]) {
    pending.insert(message.bigEndian16(0))
    switch state {
    case .open(let channel): write([message], channel)
    case .connecting(let waiting): state = .connecting(waiting + [message])
    case .closed:
      state = .connecting([message])
      connect()
    }
  }

  func close() {
    timer?.cancel()
    pending = []
    if case .open(let channel) = state { channel.close(promise: nil) }
    state = .closed
  }

  private func connect() {
    ClientBootstrap(group: loop)
      .connectTimeout(Self.connectTime)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls.context, serverHostname: tls.serverName))
          }
          try pipeline.addHandler(
            StreamReader(
              isSecured: tls != nil, ready: { [weak self] in self?.opened(channel) },
              message: { [weak self] in self?.message($0) }, ended: { [weak self] in self?.ended(channel, $0) }))
        }
      }
      .connect(to: address)
      .assumeIsolated().whenFailure { [self] error in ended(nil, error) }
    // The handshake has no limit of its own.
    timer?.cancel()
    timer = loop.assumeIsolated().scheduleTask(in: Self.connectTime * 2) { [self] in
      if case .connecting = state { ended(nil, ChannelError.connectTimeout(Self.connectTime * 2)) }
    }
  }

  private func opened(_ channel: any Channel) {
    guard case .connecting(let waiting) = state else {
      channel.close(promise: nil)
      return
    }
    state = .open(channel)
    answers = 0
    write(waiting, channel)
    closeWhenIdle()
  }

  private func message(_ bytes: [UInt8]) {
    answers += 1
    if bytes.count >= MessageSize.header { pending.remove(bytes.bigEndian16(0)) }
    closeWhenIdle()
    received(bytes)
  }

  /// - Parameter channel: the one that ended; `nil` where none came about.
  private func ended(_ channel: (any Channel)?, _ error: (any Error)?) {
    if let channel, case .open(let current) = state, current !== channel { return }
    if case .closed = state { return }
    timer?.cancel()
    // A server may close a connection that it served well at any time.
    let isFault = answers == 0
    if case .open(let current) = state { current.close(promise: nil) } else if let error { refused(error) }
    state = .closed
    let lost = pending
    pending = []
    for id in lost { failed(id, isFault) }
  }

  private func closeWhenIdle() {
    timer?.cancel()
    timer = loop.assumeIsolated().scheduleTask(in: Self.idle) { [self] in ended(nil, nil) }
  }

  private func write(_ messages: [[UInt8]], _ channel: any Channel) {
    var buffer = channel.allocator.buffer(capacity: messages.reduce(0) { $0 + $1.count + 2 })
    for message in messages {
      buffer.writeInteger(UInt16(message.count))
      buffer.writeBytes(message)
    }
    channel.writeAndFlush(buffer, promise: nil)
  }
}

/// Cuts a connection's bytes into messages.
private final class StreamReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let isSecured: Bool
  private let ready: () -> Void
  private let message: ([UInt8]) -> Void
  private var ended: (((any Error)?) -> Void)?
  private var received = ByteBuffer()

  init(
    isSecured: Bool, ready: @escaping () -> Void, message: @escaping ([UInt8]) -> Void,
    ended: @escaping ((any Error)?) -> Void
  ) {
    self.isSecured = isSecured
    self.ready = ready
    self.message = message
    self.ended = ended
  }

  func channelActive(context: ChannelHandlerContext) {
    if !isSecured { ready() }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { ready() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    received.writeBuffer(&part)
    while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
      let bytes = received.getBytes(at: received.readerIndex + 2, length: Int(length))
    {
      received.moveReaderIndex(forwardBy: Int(length) + 2)
      message(bytes)
    }
    received.discardReadBytes()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(nil)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(error)
    context.close(promise: nil)
  }

  private func end(_ error: (any Error)?) {
    let ended = ended
    self.ended = nil
    ended?(error)
  }
}
