import Foundation
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import ClusterDNS

/// A load of somebody else's making, which fails where an answer is wrong or missing, however slow it is. dnsperf compares
/// no contents, so the same questions are asked by a load that does.
@Suite(.serialized) struct DnsperfTests {
  private static let program = "/usr/bin/dnsperf"
  private static let isThere = FileManager.default.isExecutableFile(atPath: program)
  private static let services = 200
  private static let repetitions = 10

  private struct Question {
    var name: String
    var type: String
    var code: String
    var query: CheckedQuery?
  }

  private static func questions() -> [Question] {
    (0..<services).flatMap { index -> [Question] in
      let (name, address) = ("web-\(index).default.svc.cluster.local", IPAddress(10, 96, 1, UInt8(index)))
      return [
        Question(name: name, type: "A", code: "NOERROR", query: .address(name, address)),
        Question(name: name, type: "AAAA", code: "NOERROR", query: .noData(name)),
        Question(
          name: "_http._tcp.\(name)", type: "SRV", code: "NOERROR",
          query: .service("_http._tcp.\(name)", port: 80, target: name)),
        Question(
          name: "\(index).1.96.10.in-addr.arpa", type: "PTR", code: "NOERROR", query: .pointer(address, name)),
        Question(name: "absent-\(name)", type: "A", code: "NXDOMAIN", query: .noName("absent-\(name)")),
        Question(
          name: "x\(index).example.com", type: "A", code: "NOERROR",
          query: .address("x\(index).example.com", IPAddress(192, 0, 2, UInt8(index)))),
      ]
    }
  }

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    for index in 0..<services {
      api.put(Objects.service("web-\(index)", ips: ["10.96.1.\(index)"], ports: [("http", "TCP", 80)]))
    }
    return api
  }

  @Test(.enabled(if: isThere, "dnsperf is not installed (Debian package dnsperf)"))
  func everyAnswerToDnsperfIsRight() async throws {
    let questions = Self.questions()
    let upstream = try TestUpstream { query, _ in
      let number = TestUpstream.name(query).dropFirst().prefix { $0.isNumber }
      return TestUpstream.address(query, UInt8(number) ?? 255)
    }
    defer { upstream.stop() }
    try await TemporaryFolder.with { folder in
      let lines = questions.map { "\($0.name) \($0.type)" }.joined(separator: "\n") + "\n"
      let file = folder.write("queries", lines)
      try await TestServer.run(upstreams: [upstream.address], api: Self.api()) { server async throws in
        try await server.synced()
        for options in [["-m", "udp"], ["-m", "udp", "-e"], ["-m", "tcp"]] {
          let text = try await ServerTests.output(
            Self.program,
            [
              "-s", "127.0.0.1", "-p", "\(server.address.port)", "-d", file, "-n", "\(Self.repetitions)", "-c", "4",
              "-q", "50", "-t", "30", "-v",
            ] + options)
          Self.check(text, questions, options)
        }
        let queries = questions.compactMap(\.query)
        #expect(queries.count == questions.count)
        let address = server.address
        let results = try await onThread {
          [
            try DatagramLoad(address, queries, window: 32).run(for: .milliseconds(500)),
            try StreamLoad(address, queries, connections: 4, window: 8).run(for: .milliseconds(500)),
          ]
        }
        for result in results { #expect(result.answered > 0 && result.wrong == 0) }
      }
    }
  }

  /// Of each question, as many answers as it was asked, each with its code; nothing lost.
  private static func check(_ text: String, _ questions: [Question], _ options: [String]) {
    var codes: [String: [String]] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("> ") {
      let words = line.split(separator: " ")
      guard words.count >= 4 else { continue }
      codes["\(words[2]) \(words[3])", default: []].append(String(words[1]))
    }
    for question in questions {
      let expected = [String](repeating: question.code, count: repetitions)
      let found = codes["\(question.name) \(question.type)"] ?? []
      #expect(found == expected, "\(options): \(question.name) \(question.type)")
    }
    let lost = text.split(separator: "\n").first { $0.contains("Queries lost:") }
    #expect(lost?.contains(" 0 (") == true, "\(options): \(lost ?? "no report")")
  }
}
