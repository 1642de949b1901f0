import Glibc
import Logging
import NIOCore
import NIOPosix
import Netlink
import Synchronization

/// Carries out what ``ForwardState`` decides: sockets to upstreams, timers, answers to clients.
final class Forwarder: @unchecked Sendable {  // everything mutable is touched on `loop` only
  /// Queries handed on and not answered yet, over all threads. More are dropped: the client asks again.
  static let backlog = 8192
  /// Sockets an upstream, and queries after which one gives way to another with a new source port (RFC 5452 §9.2).
  private static let socketsPerUpstream = 4
  private static let socketUses = 256

  private final class Socket {
    let channel: any Channel
    var uses = 0
    init(_ channel: any Channel) { self.channel = channel }
  }

  private let loop: any EventLoop
  private let upstreams: [SocketAddress]
  private let metrics: DNSMetrics
  private let logger: Logger
  private let waiting = Atomic(0)
  /// A copy of what metrics show, so that reading them does not wait for the loop.
  private let readings = Mutex(
    DNSMetrics.ForwardReadings(tally: ForwardState.Tally(), entries: 0, size: 0))

  private var state: ForwardState
  private var sockets: [[Socket]]
  private var random = SystemRandomNumberGenerator()
  private var timer: Scheduled<Void>?
  private var isClosed = false

  init(
    _ upstreams: [ListenAddress], settings: ForwardState.Settings, loop: any EventLoop, metrics: DNSMetrics,
    logger: Logger
  ) throws {
    self.loop = loop
    self.metrics = metrics
    self.logger = logger
    self.upstreams = try upstreams.map {
      try SocketAddress(ipAddress: $0.address.description, port: Int($0.port))
    }
    var settings = settings
    settings.upstreams = upstreams.count
    state = ForwardState(settings)
    sockets = Array(repeating: [], count: upstreams.count)
    metrics.setForwarder { [weak self] in
      self?.readings.withLock { $0 }
        ?? DNSMetrics.ForwardReadings(tally: ForwardState.Tally(), entries: 0, size: 0)
    }
  }

  /// Takes a query from any thread. Its answer is sent later, or never where too many wait.
  func submit(_ request: ForwardRequest) {
    guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= Self.backlog else {
      waiting.wrappingSubtract(1, ordering: .relaxed)
      return
    }
    let begin = MonotonicClock.nanoseconds()
    var request = request
    let reply = request.reply
    request.reply = { [self] message in
      waiting.wrappingSubtract(1, ordering: .relaxed)
      metrics.forwarded(
        code: message.bigEndian16(2) & HeaderFlag.code, took: MonotonicClock.nanoseconds() &- begin)
      reply(message)
    }
    loop.execute { [self, request] in
      perform(
        isClosed
          ? [.fail(request, code: ResponseCode.serverFailure)]
          : state.ask(request, now: MonotonicClock.nanoseconds(), random: &random))
    }
  }

  /// Closes sockets; queries in flight are not answered.
  func close() -> EventLoopFuture<Void> {
    loop.submit { [self] in
      isClosed = true
      timer?.cancel()
      timer = nil
      for socket in sockets.joined() { socket.channel.close(promise: nil) }
      sockets = Array(repeating: [], count: upstreams.count)
    }
  }

  // MARK: On the loop

  private func perform(_ actions: [ForwardState.Action]) {
    let current = DNSMetrics.ForwardReadings(
      tally: state.tally, entries: state.cache.count, size: state.cache.size)
    readings.withLock { $0 = current }
    for action in actions {
      switch action {
      case .answer(let request, let response, let age): request.reply(response.reply(to: request, age: age))
      case .fail(let request, let code): request.reply(request.failure(code))
      case .send(let upstream, let flight, let message, let usesTCP):
        if usesTCP {
          exchange(upstream, flight, message)
        } else {
          send(message, to: upstream)
        }
      }
    }
    schedule()
  }

  /// A look at the deadlines every 50 ms while anything is in flight.
  private func schedule() {
    guard timer == nil, !state.isIdle, !isClosed else { return }
    timer = loop.scheduleTask(in: .milliseconds(50)) { [self] in
      timer = nil
      perform(state.tick(now: MonotonicClock.nanoseconds(), random: &random))
    }
  }

  private func send(_ message: [UInt8], to upstream: Int) {
    if let index = sockets[upstream].indices.randomElement(using: &random),
      sockets[upstream].count == Self.socketsPerUpstream
    {
      let socket = sockets[upstream][index]
      socket.uses += 1
      write(message, to: upstream, on: socket.channel)
      if socket.uses >= Self.socketUses {
        sockets[upstream].remove(at: index)
        // What is still on its way may arrive on the old socket.
        let channel = socket.channel
        loop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
      }
      return
    }
    DatagramBootstrap(group: loop)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(DatagramReader(self, upstream))
        }
      }
      .connect(to: upstreams[upstream])
      .whenComplete { [self] result in
        switch result {
        case .success(let channel):
          if isClosed {
            channel.close(promise: nil)
            return
          }
          sockets[upstream].append(Socket(channel))
          write(message, to: upstream, on: channel)
        case .failure(let error):
          logger.debug(
            "cannot reach upstream", metadata: ["upstream": "\(upstreams[upstream])", "error": "\(error)"])
          refused(by: upstream)
        }
      }
  }

  private func write(_ message: [UInt8], to upstream: Int, on channel: any Channel) {
    let envelope = AddressedEnvelope(remoteAddress: upstreams[upstream], data: ByteBuffer(bytes: message))
    channel.writeAndFlush(envelope).whenFailure { [self] _ in refused(by: upstream) }
  }

  fileprivate func refused(by upstream: Int) {
    guard !isClosed else { return }
    perform(state.refused(by: upstream, now: MonotonicClock.nanoseconds(), random: &random))
  }

  fileprivate func received(_ bytes: [UInt8], from upstream: Int) {
    guard !isClosed else { return }
    perform(state.received(bytes, from: upstream, now: MonotonicClock.nanoseconds(), random: &random))
  }

  /// One query over a TCP connection of its own.
  private func exchange(_ upstream: Int, _ flight: UInt64, _ message: [UInt8]) {
    let id = message.bigEndian16(0)
    let loop = loop
    ClientBootstrap(group: loop)
      .connectTimeout(.seconds(1))
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let reader = StreamReader { [self] bytes in
            guard !isClosed else { return }
            perform(
              state.receivedTCP(
                bytes, flight: flight, id: id, now: MonotonicClock.nanoseconds(), random: &random))
          }
          try channel.pipeline.syncOperations.addHandler(reader)
        }
      }
      .connect(to: upstreams[upstream])
      .whenComplete { [self] result in
        switch result {
        case .success(let channel):
          var buffer = channel.allocator.buffer(capacity: message.count + 2)
          buffer.writeInteger(UInt16(message.count))
          buffer.writeBytes(message)
          channel.writeAndFlush(buffer, promise: nil)
          loop.scheduleTask(in: .seconds(3)) { channel.close(promise: nil) }
        case .failure:
          guard !isClosed else { return }
          perform(
            state.receivedTCP(
              nil, flight: flight, id: id, now: MonotonicClock.nanoseconds(), random: &random))
        }
      }
  }
}

/// Hands datagrams of one upstream to the forwarder.
private final class DatagramReader: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let forwarder: Forwarder
  private let upstream: Int

  init(_ forwarder: Forwarder, _ upstream: Int) {
    self.forwarder = forwarder
    self.upstream = upstream
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    forwarder.received(Array(unwrapInboundIn(data).data.readableBytesView), from: upstream)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { forwarder.refused(by: upstream) }
}

/// Reads one length-prefixed message and closes.
private final class StreamReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var body: (([UInt8]?) -> Void)?
  private var received = ByteBuffer()

  init(_ body: @escaping ([UInt8]?) -> Void) { self.body = body }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    received.writeBuffer(&part)
    guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
      let bytes = received.getBytes(at: received.readerIndex + 2, length: Int(length))
    else { return }
    finish(bytes)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(nil)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func finish(_ bytes: [UInt8]?) {
    let body = body
    self.body = nil
    body?(bytes)
  }
}
