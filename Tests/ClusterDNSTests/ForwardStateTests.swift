import Netlink
import Testing

@testable import ClusterDNS

/// What is asked of which upstream: the state machine alone, with a clock of the test's own.
@Suite struct ForwardStateTests {
  /// The state, a clock in milliseconds, and what the last event brought about.
  private struct Bench {
    var state: ForwardState
    var random = SplitMix(seed: 11)
    var now: UInt64 = 1_000_000_000_000

    init(
      _ servers: [String], policy: UpstreamGroup.Policy = .sequential,
      _ change: (inout DNSConfiguration) -> Void = { _ in }
    ) {
      var configuration = DNSConfiguration()
      configuration.upstreams = UpstreamGroup(servers: servers.compactMap { Upstream($0) }, policy: policy)
      change(&configuration)
      state = ForwardState(
        ForwardPlan(configuration, resolvConf: nil, own: []), configuration.forwarding,
        staleAfter: configuration.cache.staleAfter)
    }

    static func request(_ name: String, client: UInt64 = 1, stale: UpstreamResponse? = nil) -> ForwardRequest {
      let answerer = Answerer.reading(Ask(name: name).bytes)
      let buffer = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 8)
      defer { buffer.deallocate() }
      var request = ForwardRequest(answerer, reply: buffer, isTCP: false, client: client) { _ in }
      request.stale = stale
      return request
    }

    mutating func ask(_ name: String, client: UInt64 = 1, stale: UpstreamResponse? = nil) -> [ForwardState.Action] {
      state.ask(Self.request(name, client: client, stale: stale), now: now, random: &random)
    }

    mutating func pass(_ milliseconds: UInt64) -> [ForwardState.Action] {
      var actions: [ForwardState.Action] = []
      for _ in 0..<max(1, milliseconds / 20) {
        now += min(milliseconds, 20) * 1_000_000
        actions += state.tick(now: now, random: &random)
      }
      return actions
    }

    mutating func receive(_ bytes: [UInt8], from server: Int = 0, overStream: Bool = false) -> [ForwardState.Action] {
      state.received(bytes, from: server, overStream: overStream, now: now, random: &random)
    }

    mutating func refuse(_ server: Int) -> [ForwardState.Action] {
      state.refused(by: server, now: now, random: &random)
    }
  }

  private static func stale() throws -> UpstreamResponse {
    let question = ForwardQuestion(name: [1, 97, 0], type: 1)
    let query = question.message(id: 7, spelling: question.name, hasEDNS: false)
    return try #require(UpstreamResponse(TestUpstream.address(query, 99), to: question))
  }

  // MARK: One upstream

  @Test func anAnswerEndsTheFlight() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    #expect(sent.server == 0 && !sent.usesStream && bench.state.hasFlights)
    let actions = bench.receive(TestUpstream.address(sent.message, 1))
    #expect(actions.answers == ["192.0.2.1"] && actions.kept == 1 && actions.failures.isEmpty)
    #expect(!bench.state.hasFlights && bench.state.expected.isEmpty && bench.state.waiting == 0)
    // The same message again is nothing that was asked for.
    #expect(bench.receive(TestUpstream.address(sent.message, 1)).isEmpty)
    #expect(bench.state.tally.mismatches == 1)
  }

  @Test func equalQuestionsAreOneQuery() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    for client in 2...10_000 { #expect(bench.ask("www.example.com", client: UInt64(client)).isEmpty) }
    #expect(bench.receive(TestUpstream.address(sent.message, 1)).answers.count == 10_000)
    #expect(bench.state.tally.requests == [1] && bench.state.tally.shared == 9999)
  }

  @Test func namesAndIDsAreDrawnAtRandom() throws {
    var bench = Bench(["192.0.2.1"])
    var ids: Set<UInt16> = []
    var spellings: Set<[UInt8]> = []
    for index in 0..<200 {
      let sent = try #require(bench.ask("www\(index).example.com").sent.first)
      #expect(sent.message.bigEndian16(0) == sent.id)
      ids.insert(sent.id)
      spellings.insert(Array(sent.message[16..<28]))
    }
    #expect(ids.count == 200 && spellings.count > 100)
  }

  /// Wrong ID, wrong question, wrong upstream, no answer at all: each is no answer, and the true one still counts.
  @Test func liesAreStepped() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    let good = TestUpstream.address(sent.message, 1)
    var wrongID = good
    wrongID[0] ^= 1
    var wrongName = good
    wrongName[14] ^= 3
    var wrongType = good
    wrongType[good.count - 16 - 3] = 28
    var query = good
    query[2] &= 0x7f
    for lie in [wrongID, wrongName, wrongType, query, [], Array(good.prefix(11)), Array(good.dropLast(2))] {
      #expect(bench.receive(lie).isEmpty)
    }
    #expect(bench.receive(good, from: 1).isEmpty && bench.receive(good, overStream: true).isEmpty)
    #expect(bench.state.tally.mismatches == 9)
    #expect(bench.receive(good).answers == ["192.0.2.1"])
  }

  @Test func aNameInOtherLettersIsAskedOverTCP() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    let lowered = sent.message.enumerated().map { $0 < 12 ? $1 : WireName.lower($1) }
    let again = try #require(bench.receive(TestUpstream.address(lowered, 66)).sent.first)
    #expect(again.usesStream && again.server == 0)
    let loweredAgain = again.message.enumerated().map { $0 < 12 ? $1 : WireName.lower($1) }
    #expect(bench.receive(TestUpstream.address(loweredAgain, 1), overStream: true).answers == ["192.0.2.1"])
    // It is known now that this one does not keep the case.
    let next = try #require(bench.ask("mail.example.com").sent.first)
    #expect(next.message[12...].allSatisfy { WireName.lower($0) == $0 })
  }

  @Test func whatIsTruncatedIsAskedOverTCP() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    let again = try #require(bench.receive(TestUpstream.code(sent.message, 0, truncated: true)).sent.first)
    #expect(again.usesStream && again.id != sent.id)
    #expect(bench.receive(TestUpstream.address(sent.message, 66)).isEmpty, "the first attempt is over")
    #expect(bench.receive(TestUpstream.address(again.message, 1), overStream: true).answers == ["192.0.2.1"])
  }

  @Test func whoKnowsNoExtensionsIsAskedWithout() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com").sent.first)
    #expect(sent.message[11] == 1)
    // A header alone, as old servers send it.
    let refusal = Array(TestUpstream.code(sent.message, 1).prefix(4)) + [UInt8](repeating: 0, count: 8)
    let again = try #require(bench.receive(refusal).sent.first)
    #expect(again.message[11] == 0)
    #expect(bench.receive(TestUpstream.address(again.message, 1)).answers == ["192.0.2.1"])
    #expect(bench.ask("mail.example.com").sent.first?.message[11] == 0)
    bench.now += 3_601_000_000_000
    #expect(bench.ask("ftp.example.com").sent.first?.message[11] == 1, "it is tried again later")
  }

  @Test func silenceEndsInTime() throws {
    var bench = Bench(["192.0.2.1"])
    let begin = bench.now
    var actions = bench.ask("www.example.com")
    while bench.state.hasFlights { actions += bench.pass(20) }
    #expect(actions.failures == [2] && bench.now - begin <= 4_100_000_000)
    #expect(actions.sent.filter { !$0.message.isProbe }.count == 5, "five attempts, and probes beside them")
    #expect(bench.state.expected.values.allSatisfy { if case .probe = $0 { true } else { false } })
  }

  @Test func aLateAnswerToAnEarlierAttemptCounts() throws {
    var bench = Bench(["192.0.2.1"])
    let first = try #require(bench.ask("www.example.com").sent.first)
    #expect(bench.pass(500).sent.count == 1)
    #expect(bench.receive(TestUpstream.address(first.message, 1)).answers == ["192.0.2.1"])
    #expect(bench.state.expected.isEmpty)
  }

  // MARK: Several upstreams

  @Test func theNextIsAskedBesideASlowOne() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2"])
    #expect(bench.ask("www.example.com").sent.first?.server == 0)
    let second = try #require(bench.pass(420).sent.first)
    #expect(second.server == 1)
    #expect(bench.receive(TestUpstream.address(second.message, 1), from: 1).answers == ["192.0.2.1"])
    #expect(!bench.state.health[0].isDown, "slow is not dead")
  }

  @Test func patienceFollowsTheRoundTrip() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2"])
    for index in 0..<20 {
      let sent = try #require(bench.ask("x\(index).example.com").sent.first)
      bench.now += 1_000_000
      _ = bench.receive(TestUpstream.address(sent.message, 1), from: sent.server)
    }
    #expect(bench.state.health[0].patience == UpstreamHealth.shortestPatience)
    for index in 0..<20 {
      let sent = try #require(bench.ask("y\(index).example.com").sent.first)
      bench.now += 150_000_000
      _ = bench.receive(TestUpstream.address(sent.message, 1), from: sent.server)
    }
    #expect(bench.state.health[0].patience > UpstreamHealth.shortestPatience)
  }

  @Test func failuresAreAskedOfTheOthersAtOnce() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2", "192.0.2.3"])
    let first = try #require(bench.ask("www.example.com").sent.first)
    let second = try #require(bench.receive(TestUpstream.code(first.message, 2)).sent.first)
    #expect(second.server == 1)
    let third = try #require(bench.refuse(1).sent.first)
    #expect(third.server == 2)
    // All say no: so does this server, at once.
    let actions = bench.receive(TestUpstream.code(third.message, 5), from: 2)
    #expect(actions.codes == [5] && actions.kept == 0 && !bench.state.hasFlights)
  }

  @Test func aDeadOneIsSteppedOverUntilAProbeFindsIt() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2"])
    for index in 0..<2 {
      _ = bench.ask("x\(index).example.com")
      let next = try #require(bench.refuse(0).sent.first)
      _ = bench.receive(TestUpstream.address(next.message, 1), from: 1)
    }
    #expect(bench.state.health[0].isDown && !bench.state.isIdle)
    let sent = bench.ask("y.example.com").sent
    #expect(sent.map(\.server) == [1])
    _ = bench.receive(TestUpstream.address(sent[0].message, 1), from: 1)
    let probe = try #require(bench.pass(520).sent.first { $0.server == 0 })
    #expect(probe.message.isProbe, "it asks for a name that nobody has")
    _ = bench.receive(TestUpstream.code(probe.message, 5))
    #expect(!bench.state.health[0].isDown)
    #expect(bench.ask("z.example.com").sent.map(\.server) == [0])
  }

  /// An upstream that asks this server in turn: its probe comes back.
  @Test func aLoopIsLeft() throws {
    var bench = Bench(["192.0.2.1"])
    #expect(bench.ask("www.example.com").sent.map(\.server) == [0])
    #expect(bench.ask("www.example.com", client: 9).isEmpty, "the upstream's own question waits for the same flight")
    var actions: [ForwardState.Action] = []
    while actions.sent.allSatisfy({ !$0.message.isProbe }), bench.state.hasFlights { actions += bench.pass(20) }
    let probe = try #require(actions.sent.first { $0.message.isProbe })
    let name = WireName(unchecked: Array(probe.message[12..<(probe.message.count - 4)]))
    let looped = bench.ask(name.description, client: 9)
    #expect(looped.sent.isEmpty && looped.failures == [5, 2, 2], "it is refused, and all who waited fail at once")
    #expect(bench.state.health[0].isLooping && bench.state.tally.loops == [1])
    #expect(!bench.state.hasFlights && bench.state.waiting == 0)
    // What the upstream says to the probe is what this server said: no sign of life.
    _ = bench.receive(TestUpstream.code(probe.message, 5))
    #expect(bench.state.health[0].isLooping)
    #expect(bench.ask("x.example.com").failures == [2])
    // A probe that does not come here, but is answered.
    let next = try #require(bench.pass(520).sent.first)
    #expect(next.message.isProbe)
    _ = bench.receive(TestUpstream.code(next.message, 3))
    #expect(!bench.state.health[0].isDown && bench.ask("y.example.com").sent.map(\.server) == [0])
  }

  /// One of two leads back here: the other one is asked.
  @Test func whatWasAskedInALoopIsAskedElsewhere() throws {
    var bench = Bench(["192.0.2.1", "192.0.2.2"])
    let first = bench.ask("www.example.com").sent
    #expect(first.map(\.server) == [0])
    let token = LoopToken.label(7)
    bench.state.tokens[0] = token
    let name = WireName(unchecked: LoopToken.question(token, WireName()).name)
    #expect(bench.ask(name.description).sent.map(\.server) == [1])
    #expect(bench.ask("x.example.com").sent.map(\.server) == [1])
    // A name that only looks like one is anybody's.
    let other = WireName(unchecked: LoopToken.question(LoopToken.label(8), WireName()).name)
    #expect(bench.ask(other.description).sent.map(\.server) == [1])
  }

  @Test func turnsAreTaken() throws {
    var round = Bench(["192.0.2.1", "192.0.2.2", "192.0.2.3"], policy: .roundRobin)
    #expect((0..<6).flatMap { round.ask("x\($0).example.com").sent.map(\.server) } == [0, 1, 2, 0, 1, 2])
    var random = Bench(["192.0.2.1", "192.0.2.2", "192.0.2.3"], policy: .random)
    #expect(Set((0..<60).flatMap { random.ask("x\($0).example.com").sent.map(\.server) }) == [0, 1, 2])
    var first = Bench(["192.0.2.1", "192.0.2.2"], policy: .sequential)
    #expect((0..<4).flatMap { first.ask("x\($0).example.com").sent.map(\.server) } == [0, 0, 0, 0])
  }

  @Test func theLongestZoneIsTaken() throws {
    var bench = Bench(["192.0.2.1"]) { configuration in
      for (zone, server) in [("example", "192.0.2.2"), ("corp.example", "tcp://192.0.2.3")] {
        configuration.stubDomains.append(
          StubDomain(
            zone: WireName(zone) ?? WireName(), upstreams: UpstreamGroup(servers: [Upstream(server)].compactMap { $0 }))
        )
      }
      configuration.stubDomains.append(StubDomain(zone: WireName("secret.example") ?? WireName(), upstreams: nil))
    }
    let expected = [("a.corp.example", 2), ("corp.example", 2), ("xcorp.example", 1), ("example", 1), ("a.org", 0)]
    for (name, server) in expected {
      let sent = try #require(bench.ask(name).sent.first)
      #expect(sent.server == server && sent.usesStream == (server == 2), "\(name)")
    }
    #expect(bench.ask("x.secret.example").failures == [5])
  }

  // MARK: Stale answers

  @Test func aStaleAnswerIsGivenInTime() throws {
    var bench = Bench(["192.0.2.1"])
    let stale = try Self.stale()
    let sent = try #require(bench.ask("www.example.com", stale: stale).sent.first)
    #expect(bench.ask("www.example.com", client: 2).isEmpty, "it has no stale answer, and waits")
    #expect(bench.pass(1700).stale.isEmpty)
    #expect(bench.pass(200).stale.count == 1)
    #expect(bench.ask("www.example.com", stale: stale).stale.count == 1, "patience is over for all")
    // The answer still comes, for the cache and for who waits.
    let actions = bench.receive(TestUpstream.address(sent.message, 1))
    #expect(actions.answers == ["192.0.2.1"] && actions.kept == 1)
  }

  @Test func whileAllAreDownItIsGivenAtOnce() throws {
    var bench = Bench(["192.0.2.1"]) { $0.forwarding.attempts = 1 }
    for index in 0..<2 {
      _ = bench.ask("x\(index).example.com")
      #expect(bench.refuse(0).failures == [2])
    }
    let actions = bench.ask("www.example.com", stale: try Self.stale())
    #expect(actions.stale.count == 1 && actions.sent.count == 1, "and the upstream is tried all the same")
  }

  @Test func aFailureIsWorseThanAStaleAnswer() throws {
    var bench = Bench(["192.0.2.1"])
    let sent = try #require(bench.ask("www.example.com", stale: try Self.stale()).sent.first)
    let actions = bench.receive(TestUpstream.code(sent.message, 2))
    #expect(actions.stale.count == 1 && actions.failures.isEmpty)
  }

  @Test func aRefreshIsForNobody() throws {
    var bench = Bench(["192.0.2.1"])
    let question = Bench.request("www.example.com").question
    let sent = try #require(bench.state.refresh(question, now: bench.now, random: &bench.random).sent.first)
    #expect(bench.state.refresh(question, now: bench.now, random: &bench.random).isEmpty)
    let actions = bench.receive(TestUpstream.address(sent.message, 1))
    #expect(actions.answers.isEmpty && actions.kept == 1)
  }

  // MARK: Limits

  @Test func oneClientDoesNotTakeAllPlaces() throws {
    var bench = Bench(["192.0.2.1"]) { $0.forwarding.clients = 160 }
    var refused = 0
    for index in 0..<200 { refused += bench.ask("x\(index).example.com", client: 1).failures.count }
    #expect(refused == 120, "it has half of the places, and no more")
    #expect((0..<10).allSatisfy { bench.ask("y\($0).example.com", client: 2).failures.isEmpty })
    #expect(bench.ask("z.example.com", client: 2).failures == [2], "a sixteenth for each of the others")
    #expect(bench.ask("z.example.com", client: 3).failures.isEmpty)
  }

  @Test func questionsAreLimited() throws {
    var bench = Bench(["192.0.2.1"]) { $0.forwarding.questions = 3 }
    for index in 0..<3 { #expect(bench.ask("x\(index).example.com").sent.count == 1) }
    #expect(bench.ask("y.example.com").failures == [2])
    #expect(bench.ask("x1.example.com").isEmpty, "an equal one costs nothing")
    #expect(bench.state.tally.rejected == 1)
  }

  @Test func nobodyToAskIsRefused() {
    var bench = Bench([])
    #expect(bench.ask("www.example.com").failures == [5])
  }
}

extension Answerer {
  /// An answerer that has read one query.
  static func reading(_ packet: [UInt8]) -> Answerer {
    let zone = WireName("cluster.local") ?? WireName()
    let settings = AnswerSettings(
      zone: zone, ttl: 5, echoesPodNames: true, reverseZones: [], version: "", identity: "")
    guard let settings else { preconditionFailure("the settings are right") }
    var answerer = Answerer(settings)
    let verdict = packet.withUnsafeBytes { answerer.query.read($0, lower: answerer.lower) }
    precondition(verdict == .query)
    return answerer
  }
}

extension [ForwardState.Action] {
  fileprivate var sent: [(server: Int, id: UInt16, message: [UInt8], usesStream: Bool)] {
    compactMap { action in
      guard case .send(let server, let id, let message, let usesStream) = action else { return nil }
      return (server, id, message, usesStream)
    }
  }
  /// The addresses that clients got, and those that they got stale.
  fileprivate var answers: [String] { data(isStale: false) }
  fileprivate var stale: [String] { data(isStale: true) }
  fileprivate var codes: [UInt16] {
    compactMap { if case .answer(_, let response, _) = $0 { response.code } else { nil } }
  }
  fileprivate var failures: [UInt16] { compactMap { if case .fail(_, let code) = $0 { code } else { nil } } }
  fileprivate var kept: Int { count { if case .keep = $0 { true } else { false } } }

  private func data(isStale wanted: Bool) -> [String] {
    compactMap { action in
      guard case .answer(_, let response, let isStale) = action, isStale == wanted else { return nil }
      return response.bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
    }
  }
}

extension [UInt8] {
  /// Whether a query is one by which the server finds out about an upstream that is down.
  fileprivate var isProbe: Bool { LoopToken.isOne(Array(dropFirst(12))) }
}
