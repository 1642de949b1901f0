import Foundation
import KubeAPI
import KubeClientTesting
import Testing

@testable import ClusterDNS

/// Other people's clients, which are strict about what they are sent.
@Suite(.serialized) struct StrictClientTests {
  private static func isThere(_ program: String) -> Bool { FileManager.default.isExecutableFile(atPath: program) }

  private static let hasDnspython: Bool = {
    guard isThere("/usr/bin/python3") else { return false }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", "import dns.message"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    for name in ["default", "kube-system"] { api.put(Namespace(name)) }
    api.put(Objects.service("web", ips: ["10.96.0.7", "fd00::7"], ports: [("http", "TCP", 80)]))
    api.put(Objects.service("db", ips: ["None"]))
    api.put(Objects.external("inside", "web.default.svc.cluster.local"))
    api.put(Objects.slice("db", (1...100).map { ("10.244.0.\($0)", nil, true) }, ports: [("pg", "TCP", 5432)]))
    return api
  }

  @Test(.enabled(if: isThere("/usr/bin/dig"), "dig is not installed (Debian package dnsutils)"))
  func digIsContent() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      let base = ["@127.0.0.1", "-p", "\(server.address.port)", "+tries=1", "+time=10"]
      let short = try await ServerTests.output("/usr/bin/dig", base + ["+short", "web.default.svc.cluster.local"])
      #expect(short == "10.96.0.7\n")
      let retried = try await ServerTests.output(
        "/usr/bin/dig", base + ["+short", "+bufsize=512", "db.default.svc.cluster.local"])
      #expect(retried.split(separator: "\n").filter { $0.hasPrefix("10.244.0.") }.count == 100)
      // What https://ednscomp.isc.org asks: plain, EDNS, unknown version, option, flag, and both.
      for (options, expected) in [
        (["+noedns"], "NOERROR"), (["+edns=0"], "NOERROR"), (["+edns=1", "+noednsneg"], "BADVERS"),
        (["+edns=0", "+ednsopt=100"], "NOERROR"), (["+edns=0", "+ednsflags=0x80"], "NOERROR"),
        (["+edns=1", "+noednsneg", "+ednsopt=100"], "BADVERS"), (["+dnssec"], "NOERROR"),
        (["+bufsize=512", "+dnssec"], "NOERROR"),
      ] {
        let text = try await ServerTests.output("/usr/bin/dig", base + options + ["cluster.local", "SOA"])
        #expect(text.contains("status: \(expected)"), "\(options): \(text)")
        #expect(!text.contains("Warning") && !text.contains("malformed"), "\(options): \(text)")
      }
    }
  }

  @Test(.enabled(if: isThere("/usr/bin/kdig"), "kdig is not installed (Debian package knot-dnsutils)"))
  func kdigIsContent() async throws {
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      for (name, type, status, answers) in [
        ("web.default.svc.cluster.local", "A", "NOERROR", 1), ("web.default.svc.cluster.local", "MX", "NOERROR", 0),
        ("none.default.svc.cluster.local", "A", "NXDOMAIN", 0), ("db.default.svc.cluster.local", "A", "NOERROR", 100),
        ("_pg._tcp.db.default.svc.cluster.local", "SRV", "NOERROR", 100),
        ("7.0.96.10.in-addr.arpa", "PTR", "NOERROR", 1),
        ("inside.default.svc.cluster.local", "AAAA", "NOERROR", 2),
      ] {
        // Without +tcp it asks again over TCP where an answer is truncated.
        for options in [["+edns"], ["+edns", "+tcp"]] {
          let text = try await ServerTests.output(
            "/usr/bin/kdig", ["@127.0.0.1", "-p", "\(server.address.port)", name, type] + options)
          #expect(
            text.contains("status: \(status)") && text.contains("ANSWER: \(answers);"), "\(name) \(type): \(text)")
          let complaints = text.split(separator: "\n").filter {
            ($0.contains("WARNING") || $0.contains("ERROR:")) && !$0.contains("truncated")
          }
          #expect(complaints.isEmpty, "\(name) \(type): \(text)")
        }
      }
    }
  }

  /// Each line: name, type, code, flags, how many records of each section.
  private static let script = """
    import sys, dns.message, dns.query, dns.rcode, dns.flags, dns.rdatatype
    port = int(sys.argv[1])
    for line in sys.stdin.read().split('\\n'):
      if not line: continue
      name, kind = line.split()
      for ask in (dns.query.udp, dns.query.tcp):
        for payload in (None, 1232):
          query = dns.message.make_query(name, kind, use_edns=payload is not None, payload=payload or 0)
          reply = ask(query, '127.0.0.1', timeout=10, port=port, raise_on_truncation=False) \\
            if ask is dns.query.udp else ask(query, '127.0.0.1', timeout=10, port=port)
          # Written again, it must read back the same: nothing was in it that the reader stepped over.
          again = dns.message.from_wire(reply.to_wire())
          counts = [sum(len(part) for part in section) for section in (reply.answer, reply.authority)]
          print(name, kind, dns.rcode.to_text(reply.rcode()), dns.flags.to_text(reply.flags).replace(' ', '+'),
                counts[0], counts[1], 'same' if again == reply and query.is_response(reply) else 'other',
                'edns' if reply.edns >= 0 else 'plain')
    """

  @Test(.enabled(if: hasDnspython, "dnspython is not installed (Debian package python3-dnspython)"))
  func dnspythonIsContent() async throws {
    let expected: [(question: String, code: String, flags: String, answers: Int, authorities: Int)] = [
      ("web.default.svc.cluster.local A", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("WEB.default.svc.cluster.local AAAA", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("web.default.svc.cluster.local TXT", "NOERROR", "QR+AA+RD+RA", 0, 1),
      ("none.default.svc.cluster.local A", "NXDOMAIN", "QR+AA+RD+RA", 0, 1),
      ("default.svc.cluster.local A", "NOERROR", "QR+AA+RD+RA", 0, 1),
      ("_http._tcp.web.default.svc.cluster.local SRV", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("7.0.96.10.in-addr.arpa PTR", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("inside.default.svc.cluster.local A", "NOERROR", "QR+AA+RD+RA", 2, 0),
      ("cluster.local SOA", "NOERROR", "QR+AA+RD+RA", 1, 0), ("cluster.local NS", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("dns-version.cluster.local TXT", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("10-0-0-1.default.pod.cluster.local A", "NOERROR", "QR+AA+RD+RA", 1, 0),
      ("www.example.com A", "REFUSED", "QR+RD+RA", 0, 0),
    ]
    try await TestServer.run(api: Self.api()) { server in
      try await server.synced()
      let port = server.address.port
      let input = expected.map(\.question).joined(separator: "\n")
      let output = try await onThread {
        let process = Process()
        let (into, out) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, "\(port)"]
        process.standardInput = into
        process.standardOutput = out
        process.standardError = out
        try process.run()
        into.fileHandleForWriting.write(Data(input.utf8))
        try into.fileHandleForWriting.close()
        let data = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
      }
      var lines: [String] = []
      for one in expected {
        for edns in ["plain", "edns", "plain", "edns"] {
          lines.append("\(one.question) \(one.code) \(one.flags) \(one.answers) \(one.authorities) same \(edns)")
        }
      }
      #expect(output.split(separator: "\n").map(String.init) == lines)
    }
  }
}
