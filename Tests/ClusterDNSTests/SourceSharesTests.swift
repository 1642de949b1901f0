import CLinux
import Foundation
import Logging
import Netlink
import Synchronization
import Testing

@testable import ClusterDNS

/// Who is answered when a thread is asked more than it can answer.
@Suite struct SourceSharesTests {
  /// Runs `rounds` full batches of 64 with these sources in turn, each answer costing `cost` nanoseconds. Returns how
  /// many of each were answered in the second half.
  private static func run(_ sources: [UInt64], cost: UInt64, rounds: Int = 4000) -> [UInt64: Int] {
    var shares = SourceShares()
    var now: UInt64 = 1_000_000_000
    var answered: [UInt64: Int] = [:]
    var turn = 0
    for round in 0..<rounds {
      shares.begin(isFull: true, now: now)
      var answers = 0
      for _ in 0..<64 {
        let source = sources[turn % sources.count]
        turn += 1
        if shares.admit(source) {
          answers += 1
          if round >= rounds / 2 { answered[source, default: 0] += 1 }
        }
      }
      let took = UInt64(answers) * cost + 64 * cost / 3
      shares.end(answers: answers, took: took)
      now += took
    }
    return answered
  }

  @Test func aFloodDoesNotStarveOthers() {
    // One source sends 97 of 100 queries.
    let sources = [UInt64](repeating: 1, count: 97) + [2, 3, 4]
    let answered = Self.run(sources, cost: 3000)
    let asked = 4000 / 2 * 64 / 100
    for source in [2, 3, 4] as [UInt64] {
      #expect((answered[source] ?? 0) >= asked * 95 / 100, "\(answered)")
    }
    #expect((answered[1] ?? 0) < asked * 97 * 3 / 4 && (answered[1] ?? 0) > asked, "it is held back, not shut out")
  }

  @Test func oneSourceAloneIsNotHeldBack() {
    #expect(Self.run([7], cost: 3000)[7] == 2000 * 64)
  }

  @Test func equalSourcesAreTreatedAlike() {
    let answered = Self.run(Array(1...10), cost: 3000)
    let counts = (1...10).map { answered[UInt64($0)] ?? 0 }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= (counts.max() ?? 0) / 5, "\(counts)")
  }

  @Test func withoutOverloadNothingIsCounted() {
    var shares = SourceShares()
    var seen: [Bool] = []
    shares.begin(isFull: false, now: 1_000_000_000)
    seen.append(shares.isOverloaded)
    shares.begin(isFull: true, now: 2_000_000_000)
    seen.append(shares.isOverloaded)
    shares.begin(isFull: false, now: 2_000_000_000 + SourceShares.hold)
    seen.append(shares.isOverloaded)
    #expect(seen == [false, true, false])
  }

  /// A thread finds a queue full of one source's queries, and those of two others among them.
  @Test func aFullQueueIsAnsweredFairly() async throws {
    let zone = try TestZone()
    await zone.load([Objects.service("web", ips: ["10.96.0.7"])])
    let listeners = try Listeners(
      [ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], threads: 1, receiveBuffer: 256 << 20)
    defer { listeners.closeAll() }
    let packet = Ask(name: "web.default.svc.cluster.local").bytes
    let target = listeners.datagram[0].address.socketAddress
    func client(_ last: UInt8) -> Int32 {
      let own = ListenAddress(IPAddress(127, 0, 0, last), port: 0).socketAddress
      return linux_datagram_socket(own, UInt32(own.count), 16 << 20)
    }
    let clients = [2, 3, 4].map { client($0) }
    defer { for descriptor in clients { close(descriptor) } }
    for index in 0..<60_000 {
      _ = linux_datagram_send(clients[0], packet, packet.count, target, UInt32(target.count))
      if index % 200 == 0 {
        for other in clients[1...] {
          _ = linux_datagram_send(other, packet, packet.count, target, UInt32(target.count))
        }
      }
    }
    let settings = try TestZone.settings()
    let server = DatagramServer(
      listeners.datagram[0], zone.zone.store, LiveSettings(LiveSettings.Current(answer: settings) { _ in }),
      logger: Logger(label: "dns", factory: { _ in SwiftLogNoOpLogHandler() }))
    let thread = try server.start(index: 0)
    defer {
      server.stop()
      thread.interruptAndJoin()
    }
    func received(_ descriptor: Int32) -> Int {
      var count = 0
      var buffer = [UInt8](repeating: 0, count: 512)
      while recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 { count += 1 }
      return count
    }
    var counts = [0, 0, 0]
    try await eventually("the others have all their answers") {
      for (index, descriptor) in clients.enumerated() { counts[index] += received(descriptor) }
      return counts[1] == 300 && counts[2] == 300
    }
    try await eventually("the queue is empty") {
      counts[0] += received(clients[0])
      return counts[0] + Int(server.counters.shedCount) == 60_000
    }
    #expect(server.counters.shedCount > 1000)
  }
}
