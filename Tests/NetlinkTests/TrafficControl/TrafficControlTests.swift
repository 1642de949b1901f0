import CNetlink
import Glibc
import Testing

@testable import Netlink

/// Queueing disciplines and filters: what goes to the kernel, and what comes back.
@Suite struct TrafficControlTests {
  private func payload(_ message: RouteMessage) -> ArraySlice<UInt8> {
    message.finished(sequence: 1).dropFirst(RouteMessage.headerSize)
  }

  @Test(arguments: [
    TokenBucket(rate: 125_000, burst: 65_536, limit: 70_000), TokenBucket(rate: 1, burst: 1514, limit: 1),
    TokenBucket(rate: 12_500_000_000, burst: .max, limit: .max),
  ]) func disciplinesAreReadAsWritten(bucket: TokenBucket) {
    let discipline = QueueingDiscipline(interface: 7, .tokenBucket(bucket), handle: 0x10000)
    #expect(QueueingDiscipline(payload: payload(discipline.message(RTM_NEWQDISC, flags: 0))) == discipline)
    let ingress = QueueingDiscipline(interface: 7, .ingress)
    #expect(QueueingDiscipline(payload: payload(ingress.message(RTM_NEWQDISC, flags: 0))) == ingress)
  }

  @Test func redirectionsAreReadAsWritten() {
    let filter = RedirectFilter(interface: 4, to: 9, priority: 3)
    #expect(RedirectFilter(payload: payload(filter.message(RTM_NEWTFILTER, flags: 0))) == filter)
  }

  @Test func bytesThatAreCutAreNoDiscipline() {
    let discipline = QueueingDiscipline(
      interface: 7, .tokenBucket(TokenBucket(rate: 125_000, burst: 65_536, limit: 70_000)), handle: 0x10000)
    let bytes = Array(payload(discipline.message(RTM_NEWQDISC, flags: 0)))
    let filter = Array(payload(RedirectFilter(interface: 4, to: 9).message(RTM_NEWTFILTER, flags: 0)))
    for length in 0..<bytes.count { #expect(QueueingDiscipline(payload: bytes[..<length]) != discipline) }
    for length in 0..<filter.count { #expect(RedirectFilter(payload: filter[..<length]) == nil) }
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var mutated = Bool.random(using: &generator) ? bytes : filter
      for _ in 0..<4 { mutated[Int.random(in: 0..<mutated.count)] = .random(in: 0...255) }
      // Whatever comes of it, nothing is read beyond the end.
      _ = QueueingDiscipline(payload: mutated[...])
      _ = RedirectFilter(payload: mutated[...])
    }
  }

  @Test(.namespaces) func theKernelTakesThemAndGivesThemBack() throws {
    let socket = try RouteSocket(in: try NetworkNamespace.make())
    try socket.create(NewLink("a", .veth(peer: NewLink.Peer("b")), isUp: true))
    try socket.create(NewLink("i", .ifb, isUp: true))
    let (link, block) = (try socket.index(of: "a"), try socket.index(of: "i"))
    #expect(try socket.link(block)?.kind == "ifb")
    for rate: UInt64 in [125_000, 1_250_000, 10_000_000_000] {
      let bucket = TokenBucket(rate: rate, burst: 200_000, limit: 300_000)
      try socket.replace(QueueingDiscipline(interface: link, .tokenBucket(bucket), handle: 0x10000))
      let found = try socket.disciplines(interface: link).first { $0.parent == QueueingDiscipline.root }
      guard case .tokenBucket(let kept) = found?.kind else {
        Issue.record("no tbf but \(String(describing: found))")
        return
      }
      #expect(kept.isLike(bucket), "\(kept)")
    }
    let ingress = QueueingDiscipline(interface: link, .ingress)
    for _ in 0..<2 { try socket.replace(ingress) }
    #expect(try socket.disciplines(interface: link).contains(ingress))
    #expect(try socket.redirections(interface: link).isEmpty)
    try socket.add(RedirectFilter(interface: link, to: block))
    #expect(try socket.redirections(interface: link) == [RedirectFilter(interface: link, to: block)])
    // Where packets went is gone.
    try socket.deleteLink(block)
    #expect(try socket.redirections(interface: link).map(\.target) == [0])
    try socket.delete(ingress)
    #expect(try socket.redirections(interface: link).isEmpty)
    #expect(throws: NetlinkError.self) { try socket.delete(ingress) }
  }
}
