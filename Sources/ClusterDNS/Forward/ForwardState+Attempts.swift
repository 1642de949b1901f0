// Attempts: at whom, when, and what becomes of their answers.

extension ForwardState {
  // MARK: Making them

  /// One more attempt of a flight, at the server whose turn it is.
  mutating func attempt(_ number: UInt64, _ now: UInt64, _ random: inout some RandomNumberGenerator) -> [Action] {
    guard let flight = flights[number] else { return [] }
    if hasOnlyLoops(flight.route) { return end(number) }
    let server = choose(flight, &random)
    let upstream = plan.servers[server].upstream
    flights[number]?.tries += 1
    flights[number]?.tried.append(server)
    // The second round is slower than the first: who did not answer at once may have much to do.
    let rounds = UInt64(flight.tries / max(1, plan.routes[flight.route].servers.count))
    let wait = min(health[server].patience << min(rounds, 4), UpstreamHealth.longestPatience)
    flights[number]?.nextAttempt = now + wait
    return send(
      number, server, usesStream: upstream.transport != .udp, hasEDNS: health[server].sendsEDNS(at: now), now, &random)
  }

  /// A query to a server, with an ID and letters drawn at random.
  private mutating func send(
    _ number: UInt64, _ server: Int, usesStream: Bool, hasEDNS: Bool, _ now: UInt64,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let flight = flights[number], let id = freeID(&random) else { return [] }
    var spelling = flight.question.name
    if settings.randomizesCase, health[server].keepsCase { ForwardQuestion.randomizeCase(&spelling, &random) }
    flights[number]?.attempts.append(
      Attempt(id: id, server: server, sent: now, usesStream: usesStream, hasEDNS: hasEDNS, spelling: spelling))
    expected[id] = .flight(number)
    tally.requests[server] += 1
    let message = flight.question.message(id: id, spelling: spelling, hasEDNS: hasEDNS)
    return [.send(server: server, id: id, message: message, usesStream: usesStream)]
  }

  private func freeID(_ random: inout some RandomNumberGenerator) -> UInt16? {
    guard expected.count < 60_000 else { return nil }
    while true {
      let id = UInt16.random(in: 1...UInt16.max, using: &random)
      if expected[id] == nil { return id }
    }
  }

  /// A server that has not been asked yet and is not down; where there is none, one that is down but not asked yet;
  /// at last one that was asked before.
  private mutating func choose(_ flight: Flight, _ random: inout some RandomNumberGenerator) -> Int {
    let route = plan.routes[flight.route]
    let all = route.servers.filter { !health[$0].isLooping }
    let up = all.filter { !health[$0].isDown }
    let candidates =
      [up.filter { !flight.tried.contains($0) }, all.filter { !flight.tried.contains($0) }, up, all]
      .first { !$0.isEmpty } ?? all
    switch route.policy {
    case .sequential:
      // Among servers that were asked before, not the same one twice in a row.
      return candidates.first { $0 != flight.tried.last } ?? candidates[0]
    case .random:
      let others = candidates.filter { $0 != flight.tried.last }
      return (others.isEmpty ? candidates : others).randomElement(using: &random) ?? candidates[0]
    case .roundRobin:
      let turn = turns[flight.route]
      let next = (0..<all.count).map { all[(turn + $0) % all.count] }.first { candidates.contains($0) } ?? candidates[0]
      turns[flight.route] = ((all.firstIndex(of: next) ?? 0) + 1) % all.count
      return next
    }
  }

  // MARK: Their answers

  /// A message that belongs to an attempt by its ID and its sender.
  mutating func evaluate(
    _ bytes: [UInt8], _ number: UInt64, _ index: Int, _ now: UInt64, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let flight = flights[number] else { return [] }
    let attempt = flight.attempts[index]
    let code = bytes.bigEndian16(2) & HeaderFlag.code
    // Who does not understand EDNS may send a header alone (RFC 6891 §7).
    let isBare = bytes.bigEndian16(4) == 0 && code != ResponseCode.noError && code != ResponseCode.nameError
    let response = UpstreamResponse(bytes, to: flight.question)
    guard isBare || response != nil else {
      tally.mismatches += 1
      // By datagram it may be a forgery, and the true answer still on its way.
      return attempt.usesStream ? abandon(number, index, isFault: true, now, &random) : []
    }
    if let response, !response.hasQuestion(attempt.spelling) {
      guard attempt.usesStream else {
        // Either a forgery, or a server that writes the question anew: over TCP nobody can forge.
        tally.mismatches += 1
        return again(number, index, usesStream: true, hasEDNS: attempt.hasEDNS, now, &random)
      }
      health[attempt.server].keepsCase = false
    }
    let time = now - min(attempt.sent, now)
    var actions: [Action] = [.measured(server: attempt.server, code: code, time: time)]
    health[attempt.server].answered(after: time)
    if attempt.hasEDNS, code == ResponseCode.formatError || code == ResponseCode.notImplemented {
      return actions + again(number, index, usesStream: attempt.usesStream, hasEDNS: false, now, &random)
    }
    if var response, code == ResponseCode.noError || code == ResponseCode.nameError {
      response.lowerQuestion()
      if response.isTruncated, !attempt.usesStream {
        return actions + again(number, index, usesStream: true, hasEDNS: attempt.hasEDNS, now, &random)
      }
      if !attempt.hasEDNS, health[attempt.server].sendsEDNS(at: now) { health[attempt.server].needsPlain(now: now) }
      actions.append(.keep(flight.question, response))
      return actions + end(number, with: response)
    }
    flights[number]?.last = response ?? flight.last
    return actions + leave(number, index, now, &random)
  }

  /// The same server is asked once more, in another way.
  private mutating func again(
    _ number: UInt64, _ index: Int, usesStream: Bool, hasEDNS: Bool, _ now: UInt64,
    _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let attempt = flights[number]?.attempts.remove(at: index) else { return [] }
    expected[attempt.id] = nil
    flights[number]?.nextAttempt = now + UpstreamHealth.longestPatience
    return send(number, attempt.server, usesStream: usesStream, hasEDNS: hasEDNS, now, &random)
  }

  /// An attempt has failed.
  mutating func abandon(
    _ number: UInt64, _ index: Int, isFault: Bool, _ now: UInt64, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let flight = flights[number] else { return [] }
    let attempt = flight.attempts[index]
    if isFault, !attempt.isOverdue { blame(attempt.server, now) }
    return leave(number, index, now, &random)
  }

  /// An attempt is over without a good answer: a server that was not asked yet is asked at once, the others in their
  /// time; the flight ends where no attempt is left to be made or waited for.
  private mutating func leave(
    _ number: UInt64, _ index: Int, _ now: UInt64, _ random: inout some RandomNumberGenerator
  ) -> [Action] {
    guard let attempt = flights[number]?.attempts.remove(at: index), let flight = flights[number] else { return [] }
    expected[attempt.id] = nil
    let hasOthers = plan.routes[flight.route].servers.contains { !flight.tried.contains($0) }
    if flight.tries < settings.attempts, hasOthers { return self.attempt(number, now, &random) }
    if !flight.attempts.isEmpty { return [] }
    // A server that says no will say so again; one that cannot be reached may come back.
    if flight.last != nil || flight.tries >= settings.attempts { return end(number) }
    return []
  }

  // MARK: Failures and probes

  mutating func blame(_ server: Int, _ now: UInt64) {
    tally.failures[server] += 1
    health[server].failed(now: now, probeInterval: settings.probeInterval.nanoseconds)
  }

  /// Asks upstreams that are down for a name that nobody has: any answer shows that they are back. Where the question
  /// comes here, the upstream is down because it asks this server in turn.
  mutating func probe(_ now: UInt64, _ random: inout some RandomNumberGenerator) -> [Action] {
    for (id, what) in expected {
      if case .probe(_, let sent) = what, now >= sent + UpstreamHealth.failureTime { expected[id] = nil }
    }
    var actions: [Action] = []
    for server in health.indices where health[server].isDown && now >= health[server].nextProbe {
      health[server].probed(now: now, probeInterval: settings.probeInterval.nanoseconds)
      guard let id = freeID(&random) else { continue }
      expected[id] = .probe(server: server, sent: now)
      tally.probes[server] += 1
      if tokens[server].isEmpty { tokens[server] = LoopToken.label(random.next()) }
      let zone = plan.routes.first { $0.servers.contains(server) }?.zone ?? WireName()
      let question = LoopToken.question(tokens[server], zone)
      let message = question.message(id: id, spelling: question.name, hasEDNS: false)
      let usesStream = plan.servers[server].upstream.transport != .udp
      actions.append(.send(server: server, id: id, message: message, usesStream: usesStream))
    }
    return actions
  }

  // MARK: Loops

  /// Whether all servers of a route lead back here.
  func hasOnlyLoops(_ route: Int) -> Bool { plan.routes[route].servers.allSatisfy { health[$0].isLooping } }

  /// The server to which a name was sent as a probe.
  func prober(of name: [UInt8]) -> Int? {
    guard LoopToken.isOne(name) else { return nil }
    return tokens.firstIndex { !$0.isEmpty && name.starts(with: $0) }
  }

  /// A probe came here. What was asked of that server goes to another one, or has failed.
  mutating func loop(over server: Int, _ now: UInt64, _ random: inout some RandomNumberGenerator) -> [Action] {
    tally.loops[server] += 1
    health[server].cameBack(now: now)
    var actions: [Action] = []
    for id in attempts({ $0.server == server }) { actions += failed(id: id, isFault: false, now: now, random: &random) }
    for (number, flight) in flights where hasOnlyLoops(flight.route) { actions += end(number) }
    return actions
  }
}

/// The name of a probe, by which a server knows its own question when it meets it again.
enum LoopToken {
  private static let prefix = Array("skiff-loop-".utf8)
  private static let digits = 16

  /// The first label, its length before it.
  static func label(_ number: UInt64) -> [UInt8] {
    let hex = Array("0123456789abcdef".utf8)
    return [UInt8(prefix.count + digits)] + prefix + (0..<digits).map { hex[Int(number >> UInt64(4 * $0) & 15)] }
  }

  /// Whether a name, in lower-case wire form, has such a label.
  @inline(__always)
  static func isOne(_ name: [UInt8]) -> Bool {
    name.count > prefix.count + digits && name[0] == UInt8(prefix.count + digits) && name[1...].starts(with: prefix)
  }

  /// A question for it within a zone, since the server may answer for that zone alone.
  static func question(_ label: [UInt8], _ zone: WireName) -> ForwardQuestion {
    let name = label + zone.bytes
    return ForwardQuestion(name: name.count <= MessageSize.nameLimit ? name : label + [0], type: RecordType.a)
  }
}
