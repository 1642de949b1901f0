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
}
