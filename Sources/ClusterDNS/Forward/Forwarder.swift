import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Netlink
import Synchronization

/// Carries out what ``ForwardState`` decides: sockets to upstreams, timers, answers to clients.
final class Forwarder: @unchecked Sendable {  // everything mutable is touched on `loop` only
  /// How often deadlines are looked at while anything is under way.
  private static let tick = TimeAmount.milliseconds(20)

  /// What metrics and `explain` show.
  struct Readings: Sendable {
    var tally: ForwardState.Tally
    var health: [UpstreamHealth]
    var staleAnswers = 0
  }

  let plan: ForwardPlan
  private let cache: AnswerCache
  private let loop: any EventLoop
  private let metrics: DNSMetrics
  private let logger: Logger
  /// A copy of what is shown, so that reading it does not wait for the loop.
  private let shown: Mutex<Readings>

  private var state: ForwardState
  private var datagramLinks: [DatagramLink] = []
  private var streamLinks: [StreamLink] = []
  private var random = SystemRandomNumberGenerator()
  private var timer: Scheduled<Void>?
  private var staleAnswers = 0
  private var isClosed = false
  private var isRetired = false

  /// - Throws: ``DNSServerError`` where the authorities for TLS cannot be read.
  init(
    _ plan: ForwardPlan, _ settings: ForwardingSettings, cache: AnswerCache, loop: any EventLoop, metrics: DNSMetrics,
    logger: Logger
  ) throws {
    self.plan = plan
    self.cache = cache
    self.loop = loop
    self.metrics = metrics
    self.logger = logger
    state = ForwardState(plan, settings, staleAfter: cache.settings.staleAfter)
    shown = Mutex(Readings(tally: state.tally, health: state.health))
    for (index, server) in plan.servers.enumerated() { try addLinks(index, server) }
  }

  private func addLinks(_ index: Int, _ server: ForwardPlan.Server) throws {
    let listen = server.upstream.address
    let address = try SocketAddress(ipAddress: listen.address.description, port: Int(listen.port))
    datagramLinks.append(
      DatagramLink(
        address, loop: loop, received: { [weak self] in self?.received($0, from: index, overStream: false) },
        refused: { [weak self] in self?.handle { $0.refused(by: index, now: $1, random: &$2) } }))
    streamLinks.append(
      StreamLink(
        address, tls: try Self.tls(server), loop: loop,
        received: { [weak self] in self?.received($0, from: index, overStream: true) },
        failed: { [weak self] id, isFault in
          self?.handle { $0.failed(id: id, isFault: isFault, now: $1, random: &$2) }
        },
        refused: { [logger] error in
          logger.debug("cannot connect", metadata: ["upstream": "\(server.upstream)", "error": "\(error)"])
        }))
  }

  private static func tls(_ server: ForwardPlan.Server) throws -> StreamLink.TLS? {
    guard case .tls(let name) = server.upstream.transport else { return nil }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let path = server.authorities { configuration.trustRoots = .file(path) }
    do {
      return StreamLink.TLS(context: try NIOSSLContext(configuration: configuration), serverName: name)
    } catch {
      throw DNSServerError("use", "\(server.authorities ?? "the system's authorities")", reason: "\(error)")
    }
  }

  var readings: Readings { shown.withLock { $0 } }

  // MARK: On the loop

  var hasFlights: Bool { state.hasFlights }

  /// Asks upstreams; the answer leaves by the request's own way.
  func ask(_ request: ForwardRequest) {
    guard !isClosed else {
      request.reply(request.failure(ResponseCode.serverFailure))
      return
    }
    handle { $0.ask(request, now: $1, random: &$2) }
  }

  /// Fetches an answer anew that is near its end.
  func refresh(_ question: ForwardQuestion) { handle { $0.refresh(question, now: $1, random: &$2) } }

  /// Another forwarder has taken over: what is under way is finished, then all is closed.
  func retire() {
    isRetired = true
    if !state.hasFlights { close() }
  }

  /// Closes sockets; queries in flight are not answered.
  func close() {
    isClosed = true
    timer?.cancel()
    timer = nil
    for link in datagramLinks { link.close() }
    for link in streamLinks { link.close() }
  }

  private func received(_ bytes: [UInt8], from server: Int, overStream: Bool) {
    handle { $0.received(bytes, from: server, overStream: overStream, now: $1, random: &$2) }
  }

  private func handle(
    _ event: (inout ForwardState, UInt64, inout SystemRandomNumberGenerator) -> [ForwardState.Action]
  ) {
    guard !isClosed else { return }
    let now = MonotonicClock.nanoseconds()
    let before = state.health
    perform(event(&state, now, &random), now)
    if state.health != before { tell(before) }
    let current = Readings(tally: state.tally, health: state.health, staleAnswers: staleAnswers)
    shown.withLock { $0 = current }
    if isRetired, !state.hasFlights { close() } else { schedule() }
  }

  private func perform(_ actions: [ForwardState.Action], _ now: UInt64) {
    for action in actions {
      switch action {
      case .answer(let request, let response, let isStale):
        if isStale { staleAnswers += 1 }
        request.reply(response.reply(to: request, age: isStale ? .stale(cache.settings.staleTTL) : .seconds(0)))
      case .fail(let request, let code): request.reply(request.failure(code))
      case .keep(let question, let response): cache.insert(question, response, now: now)
      case .measured(let server, let code, let time):
        metrics.forwarded(to: plan.servers[server].upstream.description, code: code, took: time)
      case .send(let server, _, let message, let usesStream):
        if usesStream {
          streamLinks[server].send(message)
        } else {
          datagramLinks[server].send(message)
        }
      }
    }
  }

  private func tell(_ before: [UpstreamHealth]) {
    for (index, (old, new)) in zip(before, state.health).enumerated() {
      let metadata: Logger.Metadata = ["upstream": "\(plan.servers[index].upstream)"]
      if new.isLooping, !old.isLooping {
        logger.error(
          "the upstream asks this server in turn, and is asked no more: name another one, or have it ask others",
          metadata: metadata)
      }
      if old.isDown == new.isDown { continue }
      if new.isDown {
        logger.warning("the upstream does not answer", metadata: metadata)
      } else {
        logger.info("the upstream answers again", metadata: metadata)
      }
    }
  }

  private func schedule() {
    guard timer == nil, !state.isIdle, !isClosed else { return }
    timer = loop.assumeIsolated().scheduleTask(in: Self.tick) { [self] in
      timer = nil
      handle { $0.tick(now: $1, random: &$2) }
    }
  }
}
