/// What is asked of which upstream, as a value: events go in, actions come out. It reads no clock and opens no socket.
///
/// A question is one flight, however many clients wait for it. A flight makes an attempt at one upstream, another one
/// at the next where the first is slow, and takes the first good answer, whichever attempt it belongs to. Times are
/// nanoseconds of the monotonic clock.
struct ForwardState: Sendable {
  enum Action {
    /// Send a message to an upstream; its answer carries the same ID.
    case send(server: Int, id: UInt16, message: [UInt8], usesStream: Bool)
    case answer(ForwardRequest, UpstreamResponse, isStale: Bool)
    case fail(ForwardRequest, code: UInt16)
    /// A good answer, to be kept for others.
    case keep(ForwardQuestion, UpstreamResponse)
    /// An upstream answered with `code` after so many nanoseconds.
    case measured(server: Int, code: UInt16, time: UInt64)
  }

  struct Attempt: Sendable {
    var id: UInt16
    var server: Int
    var sent: UInt64
    var usesStream: Bool
    var hasEDNS: Bool
    /// The question's name as it was sent, letters in random case.
    var spelling: [UInt8]
    /// Whether it has been counted as a failure of the upstream.
    var isOverdue = false
  }

  struct Flight: Sendable {
    var question: ForwardQuestion
    var route: Int
    var waiters: [ForwardRequest] = []
    var attempts: [Attempt] = []
    /// How many attempts were made, and at which servers.
    var tries = 0
    var tried: [Int] = []
    var begun: UInt64
    /// When the next attempt is made, if no answer has come.
    var nextAttempt: UInt64 = 0
    /// An answer that is none: SERVFAIL, REFUSED.
    var last: UpstreamResponse?
  }

  enum Expected: Sendable {
    case flight(UInt64)
    case probe(server: Int, sent: UInt64)
  }

  /// What has happened since the start.
  struct Tally: Sendable, Equatable {
    /// Questions that waited for an equal one.
    var shared = 0
    /// Questions that were refused because too many were under way.
    var rejected = 0
    /// Messages that were no answer to what had been asked.
    var mismatches = 0
    /// By upstream.
    var requests: [Int]
    var failures: [Int]
    var probes: [Int]
    /// How often a probe came back here.
    var loops: [Int]
  }

  let plan: ForwardPlan
  let settings: ForwardingSettings
  private let staleAfter: UInt64
  var health: [UpstreamHealth]
  var flights: [UInt64: Flight] = [:]
  private var flightOf: [ForwardQuestion: UInt64] = [:]
  var expected: [UInt16: Expected] = [:]
  private var nextFlight: UInt64 = 1
  /// Clients that wait, all together and each.
  private(set) var waiting = 0
  private var waitingOf: [UInt64: Int] = [:]
  /// The server with which round robin goes on, by route.
  var turns: [Int]
  /// The first label of each server's probes, drawn at random when the first one is sent.
  var tokens: [[UInt8]]
  var tally: Tally

  init(_ plan: ForwardPlan, _ settings: ForwardingSettings, staleAfter: Duration) {
    self.plan = plan
    self.settings = settings
    self.staleAfter = staleAfter.nanoseconds
    health = Array(repeating: UpstreamHealth(), count: plan.servers.count)
    turns = Array(repeating: 0, count: plan.routes.count)
    tokens = Array(repeating: [], count: plan.servers.count)
    let zeros = Array(repeating: 0, count: plan.servers.count)
    tally = Tally(requests: zeros, failures: zeros, probes: zeros, loops: zeros)
  }

  /// Whether there is nothing that time alone would change.
  var isIdle: Bool { flights.isEmpty && !health.contains { $0.isDown } }
  var hasFlights: Bool { !flights.isEmpty }

  // MARK: Events

  /// A client asks.
  mutating func ask(_ request: ForwardRequest, now: UInt64, random: inout some RandomNumberGenerator) -> [Action] {
    if let server = prober(of: request.question.name) {
      return [.fail(request, code: ResponseCode.refused)] + loop(over: server, now, &random)
    }
    let route = plan.route(for: request.question.name)
    // Nobody can be asked: the answer says that this server does not do it.
    guard !plan.routes[route].servers.isEmpty else { return [.fail(request, code: ResponseCode.refused)] }
    // Whoever is asked would ask this server again.
    if hasOnlyLoops(route) { return [failure(request, nil)] }
    guard mayWait(request.client) else {
      tally.rejected += 1
      return [failure(request, nil)]
    }
    if let number = flightOf[request.question], let flight = flights[number] {
      tally.shared += 1
      if let stale = request.stale, isStaleDue(flight, now) { return [.answer(request, stale, isStale: true)] }
      flights[number]?.waiters.append(request)
      count(request, 1)
      return []
    }
    guard flights.count < settings.questions else {
      tally.rejected += 1
      return [failure(request, nil)]
    }
    var (number, actions) = start(request.question, route, now, &random)
    if let flight = flights[number], let stale = request.stale, isStaleDue(flight, now) {
      actions.append(.answer(request, stale, isStale: true))
    } else {
      flights[number]?.waiters.append(request)
      count(request, 1)
    }
    return actions
  }

  /// An answer that many ask for is near its end: it is fetched anew, for nobody in particular.
  mutating func refresh(
    _ question: ForwardQuestion, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    let route = plan.route(for: question.name)
    guard !plan.routes[route].servers.isEmpty, flightOf[question] == nil, flights.count < settings.questions / 2
    else { return [] }
    return start(question, route, now, &random).actions
  }

  /// A message came from an upstream.
  mutating func received(
    _ bytes: [UInt8], from server: Int, overStream: Bool, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard bytes.count >= MessageSize.header, bytes[2] & 0x80 != 0 else { return mismatch() }
    let id = bytes.bigEndian16(0)
    switch expected[id] {
    case nil: return mismatch()
    case .probe(let probed, let sent):
      guard probed == server else { return mismatch() }
      expected[id] = nil
      health[server].answeredProbe(sent: sent, now: now)
      return []
    case .flight(let number):
      guard let flight = flights[number], let index = flight.attempts.firstIndex(where: { $0.id == id }),
        flight.attempts[index].server == server, flight.attempts[index].usesStream == overStream
      else { return mismatch() }
      return evaluate(bytes, number, index, now, &random)
    }
  }

  /// A query could not be sent, or its connection ended before the answer.
  /// - Parameter isFault: whether the upstream is to blame: a connection that it closed in idleness is no failure.
  mutating func failed(
    id: UInt16, isFault: Bool, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    switch expected[id] {
    case nil: return []
    case .probe:
      expected[id] = nil
      return []
    case .flight(let number):
      guard let index = flights[number]?.attempts.firstIndex(where: { $0.id == id }) else { return [] }
      return abandon(number, index, isFault: isFault, now, &random)
    }
  }

  /// The kernel says that nobody listens at an upstream's UDP port.
  mutating func refused(by server: Int, now: UInt64, random: inout some RandomNumberGenerator) -> [Action] {
    let ids = attempts { $0.server == server && !$0.usesStream }
    return ids.flatMap { failed(id: $0, isFault: true, now: now, random: &random) }
  }

  /// Time has passed.
  mutating func tick(now: UInt64, random: inout some RandomNumberGenerator) -> [Action] {
    var actions: [Action] = []
    for number in Array(flights.keys) {
      guard let flight = flights[number] else { continue }
      if now >= flight.begun + settings.timeout.nanoseconds {
        actions += end(number)
        continue
      }
      if now >= flight.begun + staleAfter { actions += answerStale(number) }
      for (index, attempt) in flight.attempts.enumerated()
      where !attempt.isOverdue && now >= attempt.sent + UpstreamHealth.failureTime {
        flights[number]?.attempts[index].isOverdue = true
        blame(attempt.server, now)
      }
      if now >= flight.nextAttempt, flight.tries < settings.attempts {
        actions += attempt(number, now, &random)
      }
    }
    return actions + probe(now, &random)
  }

  // MARK: Flights

  /// The IDs of attempts that are under way.
  func attempts(_ isIncluded: (Attempt) -> Bool) -> [UInt16] {
    flights.values.flatMap { $0.attempts.filter(isIncluded).map(\.id) }
  }

  private mutating func start(
    _ question: ForwardQuestion, _ route: Int, _ now: UInt64, _ random: inout some RandomNumberGenerator
  ) -> (number: UInt64, actions: [Action]) {
    let number = nextFlight
    nextFlight += 1
    flights[number] = Flight(question: question, route: route, begun: now)
    flightOf[question] = number
    return (number, attempt(number, now, &random))
  }

  /// Ends a flight. Who still waits gets `response`; without one the stale answer, or the failure there was.
  mutating func end(_ number: UInt64, with response: UpstreamResponse? = nil) -> [Action] {
    guard let flight = flights.removeValue(forKey: number) else { return [] }
    flightOf[flight.question] = nil
    for attempt in flight.attempts { expected[attempt.id] = nil }
    return flight.waiters.map { request in
      count(request, -1)
      if let response { return .answer(request, response, isStale: false) }
      return failure(request, flight.last)
    }
  }

  private func failure(_ request: ForwardRequest, _ last: UpstreamResponse?) -> Action {
    if let stale = request.stale { return .answer(request, stale, isStale: true) }
    if let last { return .answer(request, last, isStale: false) }
    return .fail(request, code: ResponseCode.serverFailure)
  }

  /// Who waits and has a stale answer gets it; the flight goes on.
  private mutating func answerStale(_ number: UInt64) -> [Action] {
    guard let flight = flights[number], flight.waiters.contains(where: { $0.stale != nil }) else { return [] }
    flights[number]?.waiters = flight.waiters.filter { $0.stale == nil }
    return flight.waiters.compactMap { request in
      guard let stale = request.stale else { return nil }
      count(request, -1)
      return .answer(request, stale, isStale: true)
    }
  }

  /// Whether a stale answer is given at once: the client's patience is over, or nobody can be expected to answer.
  private func isStaleDue(_ flight: Flight, _ now: UInt64) -> Bool {
    now >= flight.begun + staleAfter || plan.routes[flight.route].servers.allSatisfy { health[$0].isDown }
  }

  // MARK: Shares

  /// Once half of the places are taken, one client may hold a sixteenth of them: who asks for more than is answered
  /// does not keep the others out.
  private func mayWait(_ client: UInt64) -> Bool {
    if waiting >= settings.clients { return false }
    return waiting < settings.clients / 2 || (waitingOf[client] ?? 0) < max(1, settings.clients / 16)
  }

  private mutating func count(_ request: ForwardRequest, _ change: Int) {
    waiting += change
    let count = (waitingOf[request.client] ?? 0) + change
    waitingOf[request.client] = count > 0 ? count : nil
  }

  private mutating func mismatch() -> [Action] {
    tally.mismatches += 1
    return []
  }
}

extension Duration {
  /// Whole nanoseconds; 0 for a negative time.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return seconds < 0 ? 0 : UInt64(seconds) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
  }
}
