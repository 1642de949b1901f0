/// What is asked of which upstream, as a value: events go in, actions come out. It reads no clock and opens no socket.
struct ForwardState: Sendable {
  struct Settings: Sendable, Hashable {
    var upstreams: Int
    /// How long one attempt may take, in nanoseconds.
    var attemptTimeout: UInt64 = 1_000_000_000
    /// How many attempts a question has, over all upstreams: with the time-out, less than the 5 s a client waits.
    var attempts = 4
    /// How long an upstream that failed is asked only if no other is left, in nanoseconds.
    var penalty: UInt64 = 1_000_000_000
    /// Questions in flight, and clients that wait for one.
    var flightLimit = 4096
    var waiterLimit = 1024
    var cache = ResponseCache.Limits()
  }

  enum Action {
    /// Send a query over UDP or TCP. The flight's number comes back with what TCP brings.
    case send(upstream: Int, flight: UInt64, message: [UInt8], usesTCP: Bool)
    case answer(ForwardRequest, UpstreamResponse, age: UInt32)
    case fail(ForwardRequest, code: UInt16)
  }

  private struct Flight {
    var question: ForwardQuestion
    var waiters: [ForwardRequest]
    var upstream: Int
    var id: UInt16
    var deadline: UInt64
    var attempt = 1
    var usesTCP = false
    var begin: UInt64
  }

  /// What happened since the counters were last taken.
  struct Tally: Sendable, Equatable {
    var hits = 0
    var misses = 0
    var shared = 0
    var attempts = 0
    var timeouts = 0
    var failures = 0
  }

  let settings: Settings
  private(set) var cache: ResponseCache
  private var flights: [UInt64: Flight] = [:]
  private var flightOf: [ForwardQuestion: UInt64] = [:]
  private var flightByID: [UInt16: UInt64] = [:]
  private var failedAt: [UInt64]
  private var nextFlight: UInt64 = 1
  private(set) var tally = Tally()

  init(_ settings: Settings) {
    self.settings = settings
    cache = ResponseCache(settings.cache)
    failedAt = Array(repeating: 0, count: settings.upstreams)
  }

  var isIdle: Bool { flights.isEmpty }
  var flightCount: Int { flights.count }

  // MARK: Events

  /// A client asks. `random` draws the query's ID and the upstream.
  mutating func ask(
    _ request: ForwardRequest, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    // Nobody can be asked: the answer says that this server does not do it.
    guard settings.upstreams > 0 else { return [.fail(request, code: ResponseCode.refused)] }
    if let (response, age) = cache.find(request.question, now: now) {
      tally.hits += 1
      return [.answer(request, response, age: age)]
    }
    tally.misses += 1
    if let number = flightOf[request.question] {
      guard (flights[number]?.waiters.count ?? 0) < settings.waiterLimit else {
        return [.fail(request, code: ResponseCode.serverFailure)]
      }
      tally.shared += 1
      flights[number]?.waiters.append(request)
      return []
    }
    guard flights.count < settings.flightLimit else { return [.fail(request, code: ResponseCode.serverFailure)] }
    let number = nextFlight
    nextFlight += 1
    var flight = Flight(
      question: request.question, waiters: [request], upstream: choose(now, &random), id: 0, deadline: 0, begin: now)
    let action = send(&flight, number, now, &random)
    flights[number] = flight
    flightOf[request.question] = number
    return [action]
  }

  /// A datagram came from an upstream.
  mutating func received(
    _ bytes: [UInt8], from upstream: Int, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard bytes.count >= MessageSize.header, let number = flightByID[bytes.bigEndian16(0)],
      let flight = flights[number], flight.upstream == upstream, !flight.usesTCP,
      let response = UpstreamResponse(bytes, to: flight.question)
    else { return [] }
    if response.isTruncated {
      var flight = flight
      flight.usesTCP = true
      let action = send(&flight, number, now, &random)
      flights[number] = flight
      return [action]
    }
    return evaluate(response, number, flight, now, &random)
  }

  /// The message that a TCP connection brought, or `nil` where it failed.
  mutating func receivedTCP(
    _ bytes: [UInt8]?, flight number: UInt64, id: UInt16, now: UInt64, random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let flight = flights[number], flight.usesTCP, flight.id == id else { return [] }
    guard let bytes, bytes.count >= MessageSize.header, bytes.bigEndian16(0) == id,
      let response = UpstreamResponse(bytes, to: flight.question), !response.isTruncated
    else { return retry(number, flight, nil, now, &random) }
    return evaluate(response, number, flight, now, &random)
  }

  /// The kernel says that nobody listens at an upstream.
  mutating func refused(by upstream: Int, now: UInt64, random: inout some RandomNumberGenerator) -> [Action] {
    let hit = flights.filter { $0.value.upstream == upstream && !$0.value.usesTCP }
    return hit.flatMap { retry($0.key, $0.value, nil, now, &random) }
  }

  /// Time has passed.
  mutating func tick(now: UInt64, random: inout some RandomNumberGenerator) -> [Action] {
    let late = flights.filter { $0.value.deadline <= now }
    tally.timeouts += late.count
    return late.flatMap { retry($0.key, $0.value, nil, now, &random) }
  }

  // MARK: Decisions

  private mutating func evaluate(
    _ response: UpstreamResponse, _ number: UInt64, _ flight: Flight, _ now: UInt64,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    switch response.code {
    case ResponseCode.noError, ResponseCode.nameError:
      failedAt[flight.upstream] = 0
      cache.insert(flight.question, response, now: now)
      return end(number, flight) { .answer($0, response, age: 0) }
    default:
      return retry(number, flight, response, now, &random)
    }
  }

  /// Asks the next upstream, or ends with the last answer there was, or with SERVFAIL.
  private mutating func retry(
    _ number: UInt64, _ flight: Flight, _ last: UpstreamResponse?, _ now: UInt64,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    failedAt[flight.upstream] = max(now, 1)
    tally.failures += 1
    // A server that answers so will do so again: each is asked once.
    let attempts = last == nil ? settings.attempts : min(settings.attempts, settings.upstreams)
    guard flight.attempt < attempts else {
      if let last { return end(number, flight) { .answer($0, last, age: 0) } }
      return end(number, flight) { .fail($0, code: ResponseCode.serverFailure) }
    }
    var flight = flight
    flight.attempt += 1
    flight.usesTCP = false
    flight.upstream = choose(now, &random, after: flight.upstream)
    let action = send(&flight, number, now, &random)
    flights[number] = flight
    return [action]
  }

  private mutating func end(_ number: UInt64, _ flight: Flight, _ action: (ForwardRequest) -> Action) -> [Action] {
    flights[number] = nil
    flightOf[flight.question] = nil
    flightByID[flight.id] = nil
    return flight.waiters.map(action)
  }

  private mutating func send(
    _ flight: inout Flight, _ number: UInt64, _ now: UInt64, _ random: inout some RandomNumberGenerator
  ) -> Action {
    flightByID[flight.id] = nil
    var id = random.next(upperBound: UInt16.max) + 1
    while flightByID[id] != nil { id = id == UInt16.max ? 1 : id + 1 }
    flight.id = id
    flight.deadline = now + settings.attemptTimeout
    flightByID[id] = number
    tally.attempts += 1
    return .send(
      upstream: flight.upstream, flight: number, message: flight.question.message(id: id), usesTCP: flight.usesTCP)
  }

  /// An upstream at random among those that have not failed of late; else the one after the last.
  private func choose(_ now: UInt64, _ random: inout some RandomNumberGenerator, after last: Int? = nil) -> Int {
    let well = failedAt.indices.filter { failedAt[$0] == 0 || failedAt[$0] + settings.penalty <= now }
    let others = well.filter { $0 != last }
    if let choice = (others.isEmpty ? well : others).randomElement(using: &random) { return choice }
    return ((last ?? -1) + 1) % settings.upstreams
  }
}
