import Glibc
import Logging
import NIOCore
import NIOPosix
import Netlink

/// DNS over TCP (RFC 7766): several queries a connection, answered as they become ready, in any order.
///
/// All connections live on one event loop, so the answerer and its buffer are shared. Memory is bounded: by the number
/// of connections, by what one may have sent and not had answered, and by what all have been sent and not read.
final class StreamServer: @unchecked Sendable {  // everything mutable is touched on `loop` only
  /// A query has no reason to be longer; who announces one is closed.
  static let queryLimit = 4096
  /// What is read from a connection at a time.
  private static let readSize = 4096

  private let loop: any EventLoop
  private let store: SnapshotStore
  private let reader: SnapshotStore.Reader
  private let live: LiveSettings
  private let pods: PodDirectory
  let logger: Logger
  private var current: LiveSettings.Current
  private var answerer: Answerer
  private let buffer: UnsafeMutableRawPointer
  let counters = QueryCounters(transport: "tcp", family: "1")
  private let counters6 = QueryCounters(transport: "tcp", family: "2")
  private var channels: [any Channel] = []
  private var sessions: [ObjectIdentifier: StreamSession] = [:]
  /// Connections of each client.
  private var connectionsOf: [IPAddress: Int] = [:]
  /// Bytes that were written and not taken yet.
  private var unsent = 0
  private var sweep: RepeatedTask?
  private(set) var settings: StreamSettings

  init(
    _ store: SnapshotStore, _ live: LiveSettings, settings: StreamSettings, pods: PodDirectory = PodDirectory(),
    loop: any EventLoop, logger: Logger
  ) {
    self.store = store
    self.live = live
    self.settings = settings
    self.pods = pods
    self.loop = loop
    self.logger = logger
    reader = store.makeReader()
    current = live.current
    answerer = Answerer(current.answer)
    buffer = .allocate(byteCount: MessageSize.maximumTCP, alignment: 8)
  }

  deinit { buffer.deallocate() }

  var allCounters: [QueryCounters] { [counters, counters6] }

  /// Accepts on sockets that listen already, and owns them from now on.
  func start(_ sockets: [Listeners.Socket]) async throws {
    for socket in sockets {
      let bootstrap = ServerBootstrap(group: loop)
        .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize))
        .childChannelOption(.maxMessagesPerRead, value: 1)
        .childChannelOption(.writeBufferWaterMark, value: .init(low: 4096, high: 16_384))
        .childChannelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(StreamSession(self, channel.remoteAddress))
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

  /// Takes over changed limits, from any thread.
  func apply(_ settings: StreamSettings) { loop.execute { [self] in self.settings = settings } }

  /// Accepts no more; connections go on.
  func stopAccepting() async throws {
    try await loop.submit { [self] in
      for channel in channels { channel.close(promise: nil) }
      channels = []
    }.get()
  }

  /// Closes all.
  func stop() async throws {
    try await stopAccepting()
    try await loop.submit { [self] in
      sweep?.cancel()
      for session in sessions.values { session.close() }
    }.get()
    store.remove(reader)
  }

  // MARK: Connections, on the loop

  func opened(_ session: StreamSession) {
    if sessions.count >= settings.connections { makeRoom() }
    sessions[ObjectIdentifier(session)] = session
    if let client = session.client { connectionsOf[client, default: 0] += 1 }
  }

  func closed(_ session: StreamSession) {
    guard sessions.removeValue(forKey: ObjectIdentifier(session)) != nil, let client = session.client else { return }
    let count = (connectionsOf[client] ?? 0) - 1
    connectionsOf[client] = count > 0 ? count : nil
  }

  /// Closes the quietest connection of the client that has the most.
  private func makeRoom() {
    let most = connectionsOf.values.max() ?? 0
    let candidates = sessions.values.filter { session in
      session.client.map { connectionsOf[$0] == most } ?? true
    }
    candidates.min { $0.lastQuery < $1.lastQuery }?.close()
  }

  private func closeIdle() {
    let limit = settings.idle.nanoseconds
    let now = MonotonicClock.nanoseconds()
    for session in sessions.values where session.lastQuery + limit < now { session.close() }
  }

  /// Bytes were written to a connection, or taken from it. Above the limit, the one that takes least is closed.
  func wrote(_ bytes: Int) {
    unsent += bytes
    if unsent > settings.memory { sessions.values.max { $0.unsent < $1.unsent }?.close() }
  }

  // MARK: Queries, on the loop

  /// Answers one message, or hands it on. Returns false for what gets no answer.
  func answer(
    _ message: ByteBuffer, for session: StreamSession, _ write: (UnsafeRawBufferPointer) -> Void,
    later: () -> @Sendable ([UInt8]) -> Void
  ) -> Bool {
    if current.generation != live.number {
      current = live.current
      answerer.settings = current.answer
    }
    let counters = session.client?.isIPv4 == false ? counters6 : counters
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
        if current.completesSearchPath, answerer.code == ResponseCode.nameError,
          completeSearch(size, session, counters, begin, later)
        {
          return true
        }
        send(size, code: answerer.code, session, counters, begin, write)
      case .forward: answerFromElsewhere(session, counters, begin, write, later)
      case .drop: break
      }
      return true
    }
  }

  private func send(
    _ size: Int, code: UInt16, _ session: StreamSession, _ counters: QueryCounters, _ begin: UInt64,
    _ write: (UnsafeRawBufferPointer) -> Void
  ) {
    write(UnsafeRawBufferPointer(start: buffer, count: size))
    counters.response(code: code, isCluster: answerer.isCluster)
    counters.took(MonotonicClock.nanoseconds() &- begin, count: 1)
    if current.queryLog.includes(code) {
      var line = line(session, begin)
      line.finish(code: code, size: size)
      line.write(to: logger)
    }
  }

  private func answerFromElsewhere(
    _ session: StreamSession, _ counters: QueryCounters, _ begin: UInt64, _ write: (UnsafeRawBufferPointer) -> Void,
    _ later: () -> @Sendable ([UInt8]) -> Void
  ) {
    var stale: UpstreamResponse?
    if answerer.alias == nil, let found = current.cache?.find(answerer.query, answerer.lower, now: begin) {
      if !found.isStale {
        let query = answerer.query
        let size = found.response.write(
          query, into: buffer, limit: MessageSize.maximumTCP, age: .seconds(found.age))
        send(size, code: found.response.code, session, counters, begin, write)
        if found.isDue { current.refresh(request(session, counters, begin) { _ in }.question) }
        return
      }
      stale = found.response
    }
    var request = request(session, counters, begin, later())
    request.stale = stale
    current.submit(request)
  }

  private func completeSearch(
    _ size: Int, _ session: StreamSession, _ counters: QueryCounters, _ begin: UInt64,
    _ later: () -> @Sendable ([UInt8]) -> Void
  ) -> Bool {
    guard let client = session.client, let namespace = pods.namespace(of: client),
      let name = answerer.searchedName(namespace)
    else { return false }
    let denial = Array(UnsafeRawBufferPointer(start: buffer, count: size))
    var request = request(session, counters, begin, later())
    request.search = ForwardRequest.SearchWalk(name: name, denial: denial)
    current.submit(request)
    return true
  }

  private func request(
    _ session: StreamSession, _ counters: QueryCounters, _ begin: UInt64, _ reply: @escaping @Sendable ([UInt8]) -> Void
  ) -> ForwardRequest {
    let line = current.queryLog == .off ? nil : line(session, begin)
    let log = current.queryLog
    let client = UInt64(truncatingIfNeeded: session.client?.number ?? 0)
    return ForwardRequest(answerer, reply: buffer, isTCP: true, client: client) { [logger] message in
      let code = message.bigEndian16(2) & HeaderFlag.code
      counters.laterResponse(code: code, took: MonotonicClock.nanoseconds() &- begin)
      reply(message)
      if var line, log.includes(code) {
        line.finish(code: code, size: message.count)
        line.write(to: logger)
      }
    }
  }

  private func line(_ session: StreamSession, _ begin: UInt64) -> QueryLogLine {
    QueryLogLine(
      answerer.query, UnsafePointer(answerer.lower), client: session.client, transport: "tcp", begun: begin)
  }
}
