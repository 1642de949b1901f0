import ClusterDNS
import KubeAPI
import KubeClient
import Netlink
import Synchronization

/// Services that go and come while queries run: how soon answers show it, and what it costs the other queries.
struct DNSChanges: Sendable {
  struct Figures: Sendable {
    /// From the event's arrival at the server's socket to the first answer that shows it.
    var delays: [Duration] = []
    var quiet = LoadResult()
    var quietCPU = Duration.zero
    var busy = LoadResult()
    var busyCPU = Duration.zero
    /// Changes while `busy` was measured.
    var changes = 0

    /// By how much fewer queries a CPU second of the server are answered while changes come; its work for them counts.
    var slowdown: Double { quietRate > 0 ? 1 - busyRate / quietRate : 0 }
    private var quietRate: Double { quietCPU > .zero ? Double(quiet.answered) / quietCPU.seconds : 0 }
    private var busyRate: Double { busyCPU > .zero ? Double(busy.answered) / busyCPU.seconds : 0 }
    var changesPerSecond: Double { busy.seconds > 0 ? Double(changes) / busy.seconds : 0 }

    var json: JSONValue {
      [
        "delay_ms": Distribution(delays).json(in: .milliseconds(1)), "timed": .integer(delays.count),
        "slowdown": .number(slowdown), "changes_per_second": .number(changesPerSecond),
        "queries_per_second": [
          "without": .number(quiet.queriesPerSecond), "with": .number(busy.queriesPerSecond),
        ],
        "queries_per_cpu_second": ["without": .number(quietRate), "with": .number(busyRate)],
        "lost": .integer(quiet.lost + busy.lost), "wrong": .integer(quiet.wrong + busy.wrong),
      ]
    }

    var delayText: String {
      let times = Distribution(delays)
      return "\(times.p50.milliseconds.text(2)), \(times.p99.milliseconds.text(2)) ms"
    }

    var slowdownText: String { "\((slowdown * 100).text(1)) % at \(changesPerSecond.text(0)) changes a second" }
  }

  let stage: DNSStage
  let server: BenchAPIServer
  let session: Session
  let services: Int

  /// Of the queries that run beside the changes that are timed: a good part of what the server can do, but not so much
  /// that two cores are busy with queries alone.
  private static let rate = 20_000.0
  private static let turn = Duration.milliseconds(500)
  private static let rounds = 8
  /// Between changes while their cost is measured.
  private static let pause = Duration.milliseconds(50)

  func run(_ count: Int) async throws -> Figures {
    var figures = Figures()
    figures.delays = try await delays(count)
    try await slowdown(&figures)
    return figures
  }

  /// The Services that no change touches.
  private func load() throws -> DatagramLoad {
    let queries = DNSNames(services: max(1, services / 2)).queries(.address)
    return try stage.pod.run { () throws -> DatagramLoad in
      try DatagramLoad(DNSProgram.address, queries, window: 64)
    }
  }

  /// The Service of change number `number`, of the second half.
  private func index(_ number: Int) -> Int { services / 2 + number * 7919 % max(1, services - services / 2) }

  private func change(_ index: Int, isThere: Bool) async throws {
    if isThere {
      _ = try await server.client.create(BenchObjects(endpoints: 0).service(index))
    } else {
      try await server.client.delete(
        KubeAPI.Service.self, ObjectKey(namespace: BenchObjects.namespace, name: BenchObjects.name(index)))
    }
  }

  // MARK: How soon

  private func delays(_ count: Int) async throws -> [Duration] {
    let load = try BackgroundLoad(try load(), rate: Self.rate)
    defer { load.stop() }
    let watch = try AnswerWatch(from: stage.pod)
    let events = try EventTap(from: BenchAPIServer.name)
    defer { events.stop() }
    var delays: [Duration] = []
    for number in 0..<count {
      let index = index(number)
      for isThere in [false, true] {
        guard let query = isThere ? DNSNames.address(index) : DNSNames.absence(index) else { continue }
        let event = events.count
        let answer = try FirstAnswer(watch, query)
        try await change(index, isThere: isThere)
        let time = try answer.wait()
        delays.append(try await events.time(of: event).duration(to: time))
      }
    }
    return delays
  }

  // MARK: At whose cost

  private func slowdown(_ figures: inout Figures) async throws {
    let load = try load()
    var number = 0
    for _ in 0..<Self.rounds {
      for isBusy in [false, true] {
        let cpu = session.cpuTime
        let turn = try LoadTurn(load, for: Self.turn)
        while isBusy, !turn.isOver {
          // Each Service goes and comes back.
          try await change(index(number / 2), isThere: number % 2 == 1)
          number += 1
          try await Task.sleep(for: Self.pause)
        }
        let result = turn.wait()
        let used = session.cpuTime - cpu
        if isBusy {
          figures.busy += result
          figures.busyCPU += used
        } else {
          figures.quiet += result
          figures.quietCPU += used
        }
      }
    }
    figures.changes = number
    if number % 2 == 1 { try await change(index(number / 2), isThere: true) }
  }
}
