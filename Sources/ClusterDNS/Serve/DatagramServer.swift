import CLinux
import Glibc
import Logging
import Netlink
import Synchronization

/// One thread, one UDP socket: receives a batch, answers it from the snapshot and the cache, sends the batch of answers.
///
/// What neither holds is handed on, and its answer leaves by the same socket.
final class DatagramServer: Sendable {
  static let batchSize: UInt32 = 64
  /// A query has no reason to be longer; what is, is dropped.
  static let receiveSize: UInt32 = 2048

  let socket: Listeners.Socket
  let counters: QueryCounters
  private let store: SnapshotStore
  private let live: LiveSettings
  private let pods: PodDirectory
  private let logger: Logger
  private let isStopping = Atomic(false)

  init(
    _ socket: Listeners.Socket, _ store: SnapshotStore, _ live: LiveSettings, pods: PodDirectory = PodDirectory(),
    logger: Logger
  ) {
    self.socket = socket
    self.store = store
    self.live = live
    self.pods = pods
    self.logger = logger
    counters = QueryCounters(transport: "udp", family: socket.address.address.isIPv4 ? "1" : "2")
  }

  func start(index: Int) throws(DNSServerError) -> ServingThread {
    try ServingThread(name: "dns-udp-\(index)") { self.run() }
  }

  /// Makes the thread end after the batch in hand; it must be interrupted where it waits. The socket stays open, with
  /// what has arrived on it.
  func stop() { isStopping.store(true, ordering: .releasing) }

  /// What a thread works with.
  private struct Desk: ~Copyable {
    let batch: UnsafeMutablePointer<linux_datagrams>
    var answerer: Answerer
    var current: LiveSettings.Current
    var shares = SourceShares()
    var now: UInt64 = 0
    /// Lines of the query log, written when the answers are out.
    var lines: [QueryLogLine] = []
  }

  private func run() {
    guard let batch = linux_datagrams_create(Self.batchSize, Self.receiveSize, UInt32(MessageSize.maximumUDP))
    else { return }
    defer { linux_datagrams_free(batch) }
    let reader = store.makeReader()
    defer { store.remove(reader) }
    let current = live.current
    var desk = Desk(batch: batch, answerer: Answerer(current.answer), current: current)
    var pace = ServingPace()
    while !isStopping.load(ordering: .relaxed) {
      let isPeeking = pace.isLight
      let count =
        isPeeking
        ? linux_datagrams_peek(batch, socket.descriptor) : linux_datagrams_receive(batch, socket.descriptor)
      if count < 0 {
        // A peer's ICMP error is told on the socket, and is nothing to stop for.
        if count == -EBADF || count == -ENOTSOCK { return }
        continue
      }
      if desk.current.generation != live.number {
        desk.current = live.current
        desk.answerer.settings = desk.current.answer
      }
      desk.now = MonotonicClock.nanoseconds()
      pace.received(Int(count), now: desk.now)
      desk.shares.begin(isFull: count == Self.batchSize, now: desk.now)
      let snapshot = reader.enter()
      for index in 0..<UInt32(count) { answer(index, snapshot, &desk) }
      reader.leave()
      let answers = Int(batch.pointee.queued)
      if answers > 0 { linux_datagrams_send(batch, socket.descriptor) }
      if isPeeking { linux_datagram_discard(socket.descriptor) }
      let took = MonotonicClock.nanoseconds() &- desk.now
      counters.took(took, count: answers)
      desk.shares.end(answers: answers, took: took)
      if !desk.lines.isEmpty { writeLog(&desk) }
    }
  }

  @inline(__always)
  private func answer(_ index: UInt32, _ snapshot: Snapshot, _ desk: inout Desk) {
    let batch = desk.batch
    if desk.shares.isOverloaded, !admit(index, &desk) {
      counters.shed()
      return
    }
    let length = Int(batch.pointee.in_lengths[Int(index)])
    let packet = UnsafeRawBufferPointer(start: linux_datagrams_received(batch, index), count: length)
    let reply = UnsafeMutableRawPointer(linux_datagrams_next(batch))
    switch desk.answerer.answer(packet, snapshot, into: reply, isTCP: false) {
    case .reply(let size):
      counters.request(type: desk.answerer.query.type, isCluster: desk.answerer.isCluster)
      if desk.current.completesSearchPath, desk.answerer.code == ResponseCode.nameError,
        completeSearch(index, size, reply, desk)
      {
        return
      }
      linux_datagrams_queue(batch, index, UInt32(truncatingIfNeeded: size))
      counters.response(code: desk.answerer.code, isCluster: desk.answerer.isCluster)
      if desk.current.queryLog != .off { log(index, desk.answerer.code, size, &desk) }
    case .drop:
      counters.drop()
    case .forward:
      counters.request(type: desk.answerer.query.type, isCluster: desk.answerer.isCluster)
      answerFromElsewhere(index, reply, &desk)
    }
  }

  @inline(__always)
  private func admit(_ index: UInt32, _ desk: inout Desk) -> Bool {
    var length: UInt32 = 0
    let peer = linux_datagrams_peer(desk.batch, index, &length)
    return desk.shares.admit(SourceAddress.number(peer, Int(length)))
  }

  // MARK: Names outside the cluster

  private func answerFromElsewhere(_ index: UInt32, _ reply: UnsafeMutableRawPointer, _ desk: inout Desk) {
    var stale: UpstreamResponse?
    if desk.answerer.alias == nil, let cache = desk.current.cache {
      let query = desk.answerer.query
      if let found = cache.find(query, desk.answerer.lower, now: desk.now) {
        if !found.isStale {
          let size = found.response.write(query, into: reply, limit: query.payload, age: .seconds(found.age))
          linux_datagrams_queue(desk.batch, index, UInt32(truncatingIfNeeded: size))
          counters.response(code: found.response.code, isCluster: false)
          if found.isDue { desk.current.refresh(request(index, reply, desk).question) }
          if desk.current.queryLog != .off { log(index, found.response.code, size, &desk) }
          return
        }
        stale = found.response
      }
    }
    var request = request(index, reply, desk)
    request.stale = stale
    desk.current.submit(request)
  }

  /// A query that is answered later, on the same socket.
  private func request(_ index: UInt32, _ reply: UnsafeMutableRawPointer, _ desk: borrowing Desk) -> ForwardRequest {
    var peerLength: UInt32 = 0
    let peerAddress = linux_datagrams_peer(desk.batch, index, &peerLength)
    let peer = Array(UnsafeRawBufferPointer(start: peerAddress, count: Int(peerLength)))
    let descriptor = socket.descriptor
    let client = SourceAddress.number(peerAddress, Int(peerLength))
    let line = desk.current.queryLog == .off ? nil : line(index, desk)
    let log = desk.current.queryLog
    let begun = desk.now
    return ForwardRequest(desk.answerer, reply: reply, isTCP: false, client: client) { [counters, logger] message in
      let code = message.bigEndian16(2) & HeaderFlag.code
      counters.laterResponse(code: code, took: MonotonicClock.nanoseconds() &- begun)
      message.withUnsafeBytes { bytes in
        peer.withUnsafeBytes { peer in
          guard let bytes = bytes.baseAddress, let address = peer.baseAddress else { return }
          // Refused where the client has gone: nothing is owed to it.
          _ = linux_datagram_send(descriptor, bytes, message.count, address, UInt32(peer.count))
        }
      }
      if var line, log.includes(code) {
        line.finish(code: code, size: message.count)
        line.write(to: logger)
      }
    }
  }

  /// Hands on a pod's query for a name that does not exist in its own search domain. Returns false where it is none.
  private func completeSearch(
    _ index: UInt32, _ size: Int, _ reply: UnsafeMutableRawPointer, _ desk: borrowing Desk
  ) -> Bool {
    var peerLength: UInt32 = 0
    let peerAddress = linux_datagrams_peer(desk.batch, index, &peerLength)
    guard let address = IPAddress(socketAddress: peerAddress, Int(peerLength)),
      let namespace = pods.namespace(of: address), let name = desk.answerer.searchedName(namespace)
    else { return false }
    let denial = Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(reply), count: size))
    var request = request(index, reply, desk)
    request.search = ForwardRequest.SearchWalk(name: name, denial: denial)
    desk.current.submit(request)
    return true
  }

  // MARK: Query log

  private func line(_ index: UInt32, _ desk: borrowing Desk) -> QueryLogLine {
    var length: UInt32 = 0
    let peer = linux_datagrams_peer(desk.batch, index, &length)
    return QueryLogLine(
      desk.answerer.query, UnsafePointer(desk.answerer.lower), client: IPAddress(socketAddress: peer, Int(length)),
      transport: "udp", begun: desk.now)
  }

  private func log(_ index: UInt32, _ code: UInt16, _ size: Int, _ desk: inout Desk) {
    guard desk.current.queryLog.includes(code) else { return }
    var line = line(index, desk)
    line.finish(code: code, size: size)
    desk.lines.append(line)
  }

  private func writeLog(_ desk: inout Desk) {
    for line in desk.lines { line.write(to: logger) }
    desk.lines.removeAll(keepingCapacity: true)
  }
}

/// CLOCK_MONOTONIC, which the kernel answers without a system call.
enum MonotonicClock {
  @inline(__always)
  static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
