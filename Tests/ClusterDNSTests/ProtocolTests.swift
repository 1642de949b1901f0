import Testing

@testable import ClusterDNS

/// The protocol: items 15 to 19 of the specification.
@Suite struct ProtocolTests {
  private static func zone(endpoints: Int = 3) async throws -> TestZone {
    let zone = try TestZone()
    await zone.load(
      [
        Objects.service("web", ips: ["10.96.0.7"], ports: [("http", "TCP", 80)]),
        Objects.service("many", ips: ["None"]),
      ],
      [
        Objects.slice(
          "many", (0..<endpoints).map { ("10.244.\($0 / 250).\($0 % 250 + 1)", nil, true) },
          ports: [("http", "TCP", 80)])
      ])
    return zone
  }

  @Test func caseComesBack() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("wEb.DEFAULT.sVc.ClUsTeR.LoCaL")
    #expect(answer.question.first?.name == "wEb.DEFAULT.sVc.ClUsTeR.LoCaL.")
    #expect(answer.answers.first?.name == "wEb.DEFAULT.sVc.ClUsTeR.LoCaL.")
    let missing = try zone.ask("nO.sVc.ClUsTeR.LoCaL")
    #expect(missing.code == 3 && missing.authorities.first?.name == "ClUsTeR.LoCaL.")
  }

  @Test func idAndFlagsComeBack() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask(Ask(name: "web.default.svc.cluster.local", id: 0xbeef, flags: 0x0010))
    #expect(answer.id == 0xbeef && answer.isResponse && !answer.recursionDesired && answer.flags & 0x0010 != 0)
    #expect(answer.flags & 0x0060 == 0, "Z and AD are clear")
  }

  @Test func extensionsAreAnswered() async throws {
    var zone = try await Self.zone()
    let plain = try zone.ask("web.default.svc.cluster.local")
    #expect(plain.edns == nil)
    let answer = try zone.ask(Ask(name: "web.default.svc.cluster.local", edns: 4096, dnssecOK: true))
    #expect(answer.edns?.payload == 1232 && answer.edns?.version == 0 && answer.edns?.dnssecOK == true)
    let unknownOption: [UInt8] = [0xff, 0xf0, 0, 2, 1, 2]
    let cookie: [UInt8] = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]
    let options = try zone.ask(
      Ask(name: "web.default.svc.cluster.local", edns: 1232, options: unknownOption + cookie))
    #expect(options.code == 0 && options.edns != nil && options.data(1) == ["10.96.0.7"])
    let version = try zone.ask(Ask(name: "web.default.svc.cluster.local", edns: 1232, version: 1))
    #expect(version.code == 16 && version.edns?.version == 0 && version.answers.isEmpty)
  }

  @Test func brokenOptionsAreFormatErrors() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask(
      Ask(name: "web.default.svc.cluster.local", edns: 1232, options: [0, 10, 0, 9, 1]))
    #expect(answer.code == 1)
  }

  @Test(arguments: [(nil, 512), (100, 512), (700, 700), (1232, 1232), (4096, 1232)] as [(Int?, Int)])
  func sizesAreKept(payload: Int?, limit: Int) async throws {
    var zone = try await Self.zone(endpoints: 200)
    let answer = try zone.ask(Ask(name: "many.default.svc.cluster.local", edns: payload))
    #expect(answer.isTruncated && answer.size <= limit && answer.size > limit - 16 - 12)
    #expect(answer.answers.count >= 20 && Set(answer.data(1)).count == answer.answers.count)
    let whole = try zone.ask(Ask(name: "many.default.svc.cluster.local", edns: payload), isTCP: true)
    #expect(!whole.isTruncated && Set(whole.data(1)).count == 200)
  }

  @Test func largeAnswersGoWholeOverTCP() async throws {
    var zone = try await Self.zone(endpoints: 1000)
    let answer = try zone.ask(
      Ask(name: "many.default.svc.cluster.local", type: 33), isTCP: true)
    #expect(answer.data(33).count == 1000 && !answer.isTruncated)
    let datagram = try zone.ask(Ask(name: "many.default.svc.cluster.local", type: 33))
    #expect(datagram.isTruncated && datagram.size <= 512)
  }

  @Test func whatIsTooLargeForTCPIsTruncated() async throws {
    var zone = try await Self.zone(endpoints: 5000)
    let answer = try zone.ask(Ask(name: "many.default.svc.cluster.local"), isTCP: true)
    #expect(answer.isTruncated && answer.size <= 65_535 && answer.answers.count > 4000)
  }

  @Test func additionalRecordsNeverTruncate() async throws {
    // 7 SRV records fit in 512 bytes, all their addresses do not.
    var zone = try await Self.zone(endpoints: 7)
    let answer = try zone.ask(Ask(name: "_http._tcp.many.default.svc.cluster.local", type: 33))
    #expect(!answer.isTruncated && answer.data(33).count == 7)
    #expect(answer.additionals.count < 7 && answer.size <= 512)
  }

  @Test func addressesRotate() async throws {
    var zone = try await Self.zone()
    var firsts: Set<String> = []
    for _ in 0..<100 {
      let answer = try zone.ask("many.default.svc.cluster.local")
      #expect(Set(answer.data(1)).count == 3)
      firsts.insert(answer.data(1).first ?? "")
    }
    #expect(firsts.count == 3)
  }

  @Test func responsesAndScrapsGetNoAnswer() async throws {
    var zone = try await Self.zone()
    #expect(zone.outcome(Ask(name: "web.default.svc.cluster.local", flags: 0x8100).bytes).0 == .drop)
    for count in 0..<12 { #expect(zone.outcome([UInt8](repeating: 0, count: count)).0 == .drop) }
  }

  @Test(arguments: [1, 2, 4, 5, 6, 15])
  func otherOpcodesAreNotImplemented(opcode: Int) async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask(Ask(name: "web.default.svc.cluster.local", flags: opcode << 11))
    #expect(answer.code == 4 && answer.size == 12 && answer.flags >> 11 & 15 == opcode)
  }

  @Test func malformedQueriesAreFormatErrors() async throws {
    var zone = try await Self.zone()
    let good = Ask(name: "web.default.svc.cluster.local").bytes
    var two = good
    two[5] = 2
    var none = Array(good[..<12])
    none[5] = 0
    var pointer = Array(good[..<12]) + [0xc0, 12, 0, 1, 0, 1]
    pointer[5] = 1
    let cut = Array(good.dropLast(3))
    let trailing = good + [0]
    let longLabel = Array(good[..<12]) + [64] + [UInt8](repeating: 97, count: 64) + [0, 0, 1, 0, 1]
    let longName =
      Array(good[..<12]) + (0..<5).flatMap { _ in [63] + [UInt8](repeating: 97, count: 63) } + [0, 0, 1, 0, 1]
    for packet in [two, none, pointer, cut, trailing, longLabel, longName] {
      let (outcome, bytes) = zone.outcome(packet)
      #expect(outcome == .reply(12))
      #expect(try Message(bytes).code == 1)
    }
    let twoOptions = Ask(name: "web.default.svc.cluster.local", edns: 1232).bytes
    var doubled = twoOptions + twoOptions.suffix(11)
    doubled[11] = 2
    #expect(try Message(zone.outcome(doubled).1).code == 1)
  }

  @Test func transfersAreRefused() async throws {
    var zone = try await Self.zone()
    #expect(try zone.ask(Ask(name: "cluster.local", type: 252), isTCP: true).code == 5)
    #expect(try zone.ask(Ask(name: "cluster.local", type: 251)).code == 5)
  }

  @Test func anyIsAnsweredBriefly() async throws {
    var zone = try await Self.zone()
    let answer = try zone.ask("web.default.svc.cluster.local", "ANY")
    #expect(answer.answers.map(\.type) == [13])
    #expect(try zone.ask("nobody.default.svc.cluster.local", "ANY").code == 3)
    #expect(try zone.ask("example.com", "ANY").answers.map(\.type) == [13])
  }

  @Test func chaosTellsOfTheServer() async throws {
    var zone = try await Self.zone()
    #expect(try zone.ask(Ask(name: "version.bind", type: 16, recordClass: 3)).data(16) == ["skiff-test"])
    #expect(try zone.ask(Ask(name: "ID.server", type: 16, recordClass: 3)).data(16) == ["node-1"])
    #expect(try zone.ask(Ask(name: "other.bind", type: 16, recordClass: 3)).code == 5)
    #expect(try zone.ask(Ask(name: "web.default.svc.cluster.local", recordClass: 4)).code == 5)
    #expect(try zone.ask(Ask(name: "web.default.svc.cluster.local", recordClass: 255)).code == 5)
  }

  /// Random packets and mutated queries: no crash, no answer past the limit, and every answer can be read.
  @Test func noPacketBreaksTheServer() async throws {
    var zone = try await Self.zone(endpoints: 100)
    var random = SplitMix(seed: 7)
    let seeds =
      [
        Ask(name: "web.default.svc.cluster.local"), Ask(name: "many.default.svc.cluster.local", edns: 700),
        Ask(name: "_http._tcp.many.default.svc.cluster.local", type: 33, edns: 1232, options: [0, 10, 0, 2, 1, 2]),
        Ask(name: "1.0.244.10.in-addr.arpa", type: 12), Ask(name: "10-0-0-1.default.pod.cluster.local"),
        Ask(name: "cluster.local", type: 6), Ask(name: "version.bind", type: 16, recordClass: 3),
        Ask(name: "cluster.local", type: 255, edns: 512),
      ].map(\.bytes)
    #if DEBUG
      let rounds = 300_000
    #else
      let rounds = 5_000_000
    #endif
    var replies = 0
    for round in 0..<rounds {
      var packet: [UInt8]
      if round % 4 == 0 {
        packet = (0..<Int.random(in: 0...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        if packet.count > 2 { packet[2] &= 0x01 }
        if packet.count > 5 { (packet[4], packet[5]) = (0, 1) }
      } else {
        packet = seeds[Int.random(in: 0..<seeds.count, using: &random)]
        for _ in 0...Int.random(in: 0...4, using: &random) {
          switch Int.random(in: 0..<4, using: &random) {
          case 0: packet[Int.random(in: 0..<packet.count, using: &random)] = .random(in: 0...255, using: &random)
          case 1:
            packet[Int.random(in: 0..<packet.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
          case 2: packet = Array(packet.prefix(Int.random(in: 1...packet.count, using: &random)))
          default:
            packet.insert(.random(in: 0...255, using: &random), at: Int.random(in: 0...packet.count, using: &random))
          }
        }
      }
      let (outcome, bytes) = zone.outcome(packet)
      guard case .reply(let size) = outcome else { continue }
      replies += 1
      #expect(size <= 1232)
      if size > 512 { #expect(zone.answerer.query.hasEDNS) }
      do { _ = try Message(bytes) } catch { Issue.record("answer to \(packet) cannot be read: \(error)") }
    }
    #expect(replies > rounds / 4)
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
