import Netlink
import Testing

@testable import ClusterDNS

/// Packets that nobody should send. SKIFF_FUZZ_PACKETS says how many of each kind, where a few seconds are not enough.
///
/// What is read and what is written ends where memory ends, so that one byte too far is the end of the test.
@Suite struct FuzzTests {
  private static let queries: [[UInt8]] = [
    Ask(name: "web.default.svc.cluster.local"), Ask(name: "many.default.svc.cluster.local", edns: 700),
    Ask(name: "many.default.svc.cluster.local", type: 28, edns: 512, dnssecOK: true),
    Ask(name: "_http._tcp.many.default.svc.cluster.local", type: 33, edns: 1232, options: [0, 10, 0, 2, 1, 2]),
    Ask(name: "_http._tcp.web.default.svc.cluster.local", type: 33), Ask(name: "docs.default.svc.cluster.local"),
    Ask(name: "inside.default.svc.cluster.local"), Ask(name: "1.0.244.10.in-addr.arpa", type: 12),
    Ask(name: "9.9.96.10.in-addr.arpa", type: 12), Ask(name: "10-0-0-1.default.pod.cluster.local"),
    Ask(name: "fd00--1.default.pod.cluster.local", type: 28), Ask(name: "cluster.local", type: 6),
    Ask(name: "cluster.local", type: 2), Ask(name: "dns-version.cluster.local", type: 16),
    Ask(name: "version.bind", type: 16, recordClass: 3), Ask(name: "cluster.local", type: 255, edns: 512),
    Ask(name: "fixed.example", type: 1), Ask(name: "www.example.com", edns: 4096, version: 1),
    Ask(name: "cluster.local", type: 252), Ask(name: "web.default.svc.cluster.local", flags: 0x2000),
  ].map(\.bytes)

  private static func zone() async throws -> TestZone {
    var zone = try TestZone(reverse: ["96.10.in-addr.arpa"])
    await zone.load(
      [
        Objects.service("web", ips: ["10.96.0.7", "fd00::7"], ports: [("http", "TCP", 80), ("dns", "UDP", 53)]),
        Objects.service("many", ips: ["None"]), Objects.external("docs", "www.example.com"),
        Objects.external("inside", "web.default.svc.cluster.local"),
      ],
      [
        Objects.slice(
          "many", (0..<300).map { ("10.244.\($0 / 250).\($0 % 250 + 1)", nil, true) }, ports: [("http", "TCP", 80)])
      ])
    let host = StaticHost(name: WireName("fixed.example") ?? WireName(), addresses: [IPAddress(192, 0, 2, 5)])
    zone.answerer.settings.statics = StaticNames([host], ttl: 60)
    return zone
  }

  /// No query crashes the answerer, gets more than it may, or gets what cannot be read.
  @Test func noQueryBreaksTheAnswerer() async throws {
    var zone = try await Self.zone()
    let input = try GuardedMemory(capacity: 2048)
    let datagram = try GuardedMemory(capacity: MessageSize.maximumUDP)
    let stream = try GuardedMemory(capacity: MessageSize.maximumTCP)
    var mutator = PacketMutator(Self.queries, seed: 7)
    let rounds = PacketMutator.rounds(60_000)
    let snapshot = zone.reader.enter()
    defer { zone.reader.leave() }
    var replies = 0
    for round in 0..<rounds {
      let packet = mutator.next()
      let isTCP = round % 5 == 0
      let place = isTCP ? stream.last(MessageSize.maximumTCP) : datagram.last(MessageSize.maximumUDP)
      guard let reply = place.baseAddress else { continue }
      let outcome = zone.answerer.answer(input.holding(packet), snapshot, into: reply, isTCP: isTCP)
      let query = zone.answerer.query
      guard case .reply(let size) = outcome else {
        mutator.learn(packet, [outcome == .drop ? 1 : 2, Int(query.type), query.labels])
        continue
      }
      replies += 1
      let limit = isTCP ? MessageSize.maximumTCP : query.payload
      let answer = Array(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(place)[..<size]))
      guard size <= limit, size >= 12, let message = try? Message(answer), message.isResponse,
        message.id == Int(packet[0]) << 8 | Int(packet[1])
      else {
        Issue.record("the answer of \(size) bytes to \(packet) is none: \(answer)")
        return
      }
      mutator.learn(
        packet,
        [
          3, message.code, message.answers.count, message.authorities.count, message.additionals.count,
          Int(min(query.type, 300)), query.hasEDNS ? 1 : 0, message.isTruncated ? 1 : 0, size / 64, query.labels,
        ])
    }
    #expect(replies > rounds / 4)
    #expect(mutator.corpusSize > Self.queries.count + 20, "something new was found")
  }

  /// A response with names in many forms.
  private static func responses(_ question: ForwardQuestion) -> [[UInt8]] {
    let query = question.message(id: 9, spelling: question.name, hasEDNS: true)
    let head = TestUpstream.code(query, 0)
    func with(_ answers: UInt8, _ authorities: UInt8, _ additionals: UInt8, _ records: [UInt8]) -> [UInt8] {
      var message = head + records
      (message[7], message[9], message[11]) = (answers, authorities, additionals)
      return message
    }
    let target: [UInt8] = [3, 99, 100, 110, 0xc0, 16]
    let alias: [UInt8] = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 6] + target
    let address: [UInt8] = [0xc0, UInt8(head.count + 12), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]
    let services: [UInt8] = [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 12, 0, 1, 0, 2, 0, 80] + target
    let mail: [UInt8] = [0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 8, 0, 10] + target
    let text: [UInt8] = [0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 5, 4, 97, 98, 99, 100]
    let option: [UInt8] = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 6, 0, 10, 0, 2, 1, 2]
    return [
      TestUpstream.address(query, 1), TestUpstream.denial(query), TestUpstream.code(query, 2),
      TestUpstream.code(query, 0, truncated: true), with(2, 0, 1, alias + address + option), with(1, 0, 0, services),
      with(1, 0, 0, mail), with(1, 0, 1, text + option),
      with(1, 1, 0, alias + TestUpstream.denial(query)[head.count...]),
    ]
  }

  /// No response of an upstream crashes the forwarder, or makes it send more than a client takes.
  @Test func noResponseBreaksTheForwarder() throws {
    let question = ForwardQuestion(name: try #require(WireName("www.example.com")).bytes, type: 1)
    var mutator = PacketMutator(Self.responses(question), seed: 8)
    let output = try GuardedMemory(capacity: MessageSize.maximumUDP)
    let rounds = PacketMutator.rounds(60_000)
    let plain = Self.request(Ask(name: "wWw.example.com", edns: 700))
    var aliased = Self.request(Ask(name: "docs.default.svc.cluster.local"))
    aliased.question = question
    aliased.prefix += [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, UInt8(question.name.count)] + question.name
    aliased.answers = 1
    var rewritten = Self.request(Ask(name: "other.example"))
    rewritten.question = question
    rewritten.isRewritten = true
    var accepted = 0
    for _ in 0..<rounds {
      let bytes = mutator.next()
      guard var response = UpstreamResponse(bytes, to: question) else {
        mutator.learn(bytes, [0, bytes.count / 8])
        continue
      }
      accepted += 1
      response.clampTTLs(atLeast: 1, atMost: 100)
      response.lowerQuestion()
      _ = RecordText.lines(response, age: .seconds(3))
      let place = output.last(plain.limit)
      place.copyBytes(from: plain.prefix)
      guard let base = place.baseAddress else { continue }
      let size = response.write(plain.query, into: base, limit: plain.limit, age: .stale(30))
      let sizes = [
        size, response.reply(to: aliased, age: .seconds(1)).count,
        response.reply(to: rewritten, age: .seconds(1)).count,
      ]
      guard sizes[0] <= 700, sizes[1] <= 512, sizes[2] <= 512, sizes.allSatisfy({ $0 >= 12 }) else {
        Issue.record("\(bytes) becomes answers of \(sizes) bytes")
        return
      }
      mutator.learn(
        bytes,
        [
          1, Int(response.code), Int(response.counts.answers), Int(response.counts.authorities),
          Int(response.counts.additionals), response.isTruncated ? 1 : 0, sizes[1] / 16, sizes[2] / 16,
        ])
    }
    #expect(accepted > rounds / 20)
  }

  private static func request(_ ask: Ask) -> ForwardRequest {
    let answerer = Answerer.reading(ask.bytes)
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 8)
    defer { buffer.deallocate() }
    ask.bytes.withUnsafeBytes { packet in
      buffer.copyMemory(from: packet.baseAddress.unsafelyUnwrapped, byteCount: answerer.query.questionEnd)
    }
    return ForwardRequest(answerer, reply: buffer, isTCP: false, client: 1) { _ in }
  }

  /// Messages that an upstream state machine meets in any order.
  @Test func noMessageBreaksTheFlights() throws {
    var configuration = DNSConfiguration()
    configuration.upstreams = UpstreamGroup(
      servers: ["192.0.2.1", "tcp://192.0.2.2", "192.0.2.3"].compactMap { Upstream($0) })
    var state = ForwardState(
      ForwardPlan(configuration, resolvConf: nil, own: []), configuration.forwarding, staleAfter: .seconds(1))
    var random = SplitMix(seed: 9)
    var now: UInt64 = 1_000_000_000
    var sent: [(server: Int, message: [UInt8], usesStream: Bool)] = []
    var asked = 0
    var ended = 0
    func take(_ actions: [ForwardState.Action]) {
      for action in actions {
        switch action {
        case .send(let server, _, let message, let usesStream): sent.append((server, message, usesStream))
        case .answer, .fail: ended += 1
        case .keep, .measured: break
        }
      }
      if sent.count > 100 { sent.removeFirst(sent.count - 100) }
    }
    for round in 0..<PacketMutator.rounds(20_000) {
      now += UInt64.random(in: 0...20_000_000, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1:
        asked += 1
        take(state.ask(Self.request(Ask(name: "x\(round % 300).example")), now: now, random: &random))
      case 2: take(state.tick(now: now, random: &random))
      case 3: take(state.refused(by: Int.random(in: 0..<3, using: &random), now: now, random: &random))
      case 4:
        if let one = sent.randomElement(using: &random) {
          take(
            state.failed(
              id: one.message.bigEndian16(0), isFault: Bool.random(using: &random), now: now, random: &random))
        }
      default:
        guard let one = sent.randomElement(using: &random) else { continue }
        let answers = [
          TestUpstream.address(one.message, 1), TestUpstream.denial(one.message), TestUpstream.code(one.message, 2),
          TestUpstream.code(one.message, 1), TestUpstream.code(one.message, 0, truncated: true),
        ]
        guard let answer = answers.randomElement(using: &random) else { continue }
        take(
          state.received(answer, from: one.server, overStream: one.usesStream, now: now, random: &random))
      }
    }
    // Whatever happened, all end in time, and nothing is left.
    for _ in 0..<300 {
      now += 20_000_000
      take(state.tick(now: now, random: &random))
    }
    #expect(!state.hasFlights && asked == ended && state.waiting == 0)
    #expect(state.expected.values.allSatisfy { if case .probe = $0 { true } else { false } })
  }
}
