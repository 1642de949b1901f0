import Glibc
import Logging
import NIOCore
import NIOPosix
import Netlink

/// DNS over TCP (RFC 7766): several queries a connection, answered as they become ready, in any order.
///
/// All connections live on one event loop, so the answerer and its buffer are shared.
final class StreamServer: @unchecked Sendable {  // everything mutable is touched on `loop` only
  struct Limits: Sendable, Hashable {
    /// Connections at a time. One more closes the one that has been quiet for the longest.
    var connections = 1000
    /// Seconds without a query after which a connection is closed.
    var idle = 10
    /// Queries of one connection that wait for an upstream; more are read when some are answered.
    var pending = 64
  }

  fileprivate let limits: Limits
  private let loop: any EventLoop
  private let store: SnapshotStore
  private let reader: SnapshotStore.Reader
  private var answerer: Answerer
  private let buffer: UnsafeMutableRawPointer
  private let forward: @Sendable (ForwardRequest) -> Void
  private let logger: Logger
  let counters = QueryCounters(transport: "tcp", family: "1")
  private let counters6 = QueryCounters(transport: "tcp", family: "2")
  private var channels: [any Channel] = []
  private var sessions: [ObjectIdentifier: StreamSession] = [:]
  private var sweep: RepeatedTask?

  init(
    _ store: SnapshotStore, _ settings: AnswerSettings, limits: Limits, loop: any EventLoop, logger: Logger,
    forward: @escaping @Sendable (ForwardRequest) -> Void
  ) {
    self.store = store
    self.limits = limits
    self.loop = loop
    self.logger = logger
    self.forward = forward
    reader = store.makeReader()
    answerer = Answerer(settings)
    buffer = .allocate(byteCount: MessageSize.maximumTCP, alignment: 8)
  }

  deinit { buffer.deallocate() }

  var allCounters: [QueryCounters] { [counters, counters6] }

  /// Accepts on sockets that listen already, and owns them from now on.
  func start(_ sockets: [Listeners.Socket]) async throws {
    for socket in sockets {
      let isIPv4 = socket.address.address.isIPv4
      let bootstrap = ServerBootstrap(group: loop)
        .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(StreamSession(self, isIPv4: isIPv4))
          }
        }
      let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
      try await loop.submit { [self] in channels.append(channel) }.get()
    }
    try await loop.submit { [self] in
      sweep = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in
        closeIdle()
      }
    }.get()
  }

  /// Closes all.
  func stop() async throws {
    try await loop.submit { [self] in
      sweep?.cancel()
      for channel in channels { channel.close(promise: nil) }
      channels = []
      for session in sessions.values { session.close() }
    }.get()
    store.remove(reader)
  }

  // MARK: On the loop

  fileprivate func opened(_ session: StreamSession) {
    if sessions.count >= limits.connections, let quietest = sessions.values.min(by: { $0.lastQuery < $1.lastQuery }) {
      quietest.close()
    }
    sessions[ObjectIdentifier(session)] = session
  }

  fileprivate func closed(_ session: StreamSession) { sessions[ObjectIdentifier(session)] = nil }

  private func closeIdle() {
    let limit = UInt64(limits.idle) * 1_000_000_000
    let now = MonotonicClock.nanoseconds()
    for session in sessions.values where session.lastQuery + limit < now { session.close() }
  }

  /// Answers one message, or hands it on. Returns false for what gets no answer.
  fileprivate func answer(
    _ message: ByteBuffer, isIPv4: Bool, _ write: (UnsafeRawBufferPointer) -> Void,
    later: () -> @Sendable ([UInt8]) -> Void
  ) -> Bool {
    let counters = isIPv4 ? counters : counters6
    let begin = MonotonicClock.nanoseconds()
    return message.withUnsafeReadableBytes { packet in
      let snapshot = reader.enter()
      defer { reader.leave() }
      let outcome = answerer.answer(packet, snapshot, into: buffer, isTCP: true)
      if outcome == .drop {
        counters.drop()
        return false
      }
      counters.request(type: answerer.query.type, isCluster: answerer.isCluster)
      switch outcome {
      case .reply(let size):
        write(UnsafeRawBufferPointer(start: buffer, count: size))
        counters.response(code: answerer.code, isCluster: answerer.isCluster)
        counters.took(MonotonicClock.nanoseconds() &- begin, count: 1)
      case .forward:
        forward(ForwardRequest(answerer, reply: buffer, isTCP: true, reply: later()))
      case .drop: break
      }
      return true
    }
  }
}

/// One connection.
private final class StreamSession: ChannelInboundHandler, @unchecked Sendable {  // used on its channel's loop only
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let server: StreamServer
  private let isIPv4: Bool
  private var context: ChannelHandlerContext?
  private var received = ByteBuffer()
  private var pending = 0
  private var isReading = true
  private(set) var lastQuery = MonotonicClock.nanoseconds()

  init(_ server: StreamServer, isIPv4: Bool) {
    self.server = server
    self.isIPv4 = isIPv4
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    server.opened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    server.closed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func close() { context?.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    received.writeBuffer(&part)
    answerReceived(context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answerReceived(context)
    context.fireChannelWritabilityChanged()
  }

  /// Answers what has arrived whole, as long as the client takes the answers and not too many wait for an upstream.
  private func answerReceived(_ context: ChannelHandlerContext) {
    var hasWritten = false
    while pending < server.limits.pending, context.channel.isWritable,
      let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
      let message = received.getSlice(at: received.readerIndex + 2, length: Int(length))
    {
      received.moveReaderIndex(forwardBy: Int(length) + 2)
      lastQuery = MonotonicClock.nanoseconds()
      let isAnswered = server.answer(message, isIPv4: isIPv4) { bytes in
        var out = context.channel.allocator.buffer(capacity: bytes.count + 2)
        out.writeInteger(UInt16(bytes.count))
        out.writeBytes(bytes)
        context.write(wrapOutboundOut(out), promise: nil)
        hasWritten = true
      } later: {
        pending += 1
        let loop = context.eventLoop
        return { [self] message in loop.execute { self.answered(message) } }
      }
      guard isAnswered else {
        context.close(promise: nil)
        return
      }
    }
    received.discardReadBytes()
    if hasWritten { context.flush() }
    let mayRead = pending < server.limits.pending && context.channel.isWritable
    if mayRead != isReading {
      isReading = mayRead
      context.channel.setOption(.autoRead, value: mayRead).whenFailure { _ in }
    }
  }

  private func answered(_ message: [UInt8]) {
    pending -= 1
    guard let context else { return }
    var out = context.channel.allocator.buffer(capacity: message.count + 2)
    out.writeInteger(UInt16(message.count))
    out.writeBytes(message)
    context.writeAndFlush(wrapOutboundOut(out), promise: nil)
    answerReceived(context)
  }
}
