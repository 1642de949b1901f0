import KubeAPI
import NetAgent
import Netlink

/// Measures what network policies cost: connections under them, a pod's change of labels, a restart. It makes a network
/// namespace of its own.
struct PolicyBench: Sendable {
  /// How many label changes.
  var changes: Int
  /// How long connections are measured, with policies and without.
  var duration: Duration

  /// A thousand pods, at the addresses that a load generator connects from.
  static let pods = 1_000
  private static let turn = Duration.milliseconds(250)

  /// - Parameter sizes: how many policies.
  func run(_ sizes: [Int]) throws -> PolicyCosts {
    try NetworkNamespace.make().run { () throws -> PolicyCosts in
      let network = try TrafficNetwork.build()
      let target = try TargetPods(in: network.pods)
      defer { target.stop() }
      return PolicyCosts(
        costs: try sizes.map { size in
          Console.progress("\(size) policies")
          return try measure(size, TrafficClient(namespace: network.client))
        })
    }
  }

  private func measure(_ policies: Int, _ client: TrafficClient) throws -> PolicyCost {
    let clock = ContinuousClock()
    let tables = try NFTablesSocket()
    defer { try? PolicyLoad.remove(tables) }
    let target = BenchNetworks.endpoint(0)
    let port = TargetService.Load.accept.podPort
    var sources = SourceAddresses()
    let pods = (0..<Self.pods).map { _ in IPAddress(v4: sources.next()) }
    func load() -> PolicyLoad {
      PolicyLoad(tables, policies: policies, pods: pods, target: target, port: port)
    }
    var cost = PolicyCost(policies: policies)
    var load1 = load()
    var start = clock.now
    _ = try load1.flush()
    cost.coldSync = clock.now - start
    cost.elements = load1.elements

    var successor = load()
    start = clock.now
    cost.restartElements = try successor.flush()
    cost.restart = clock.now - start

    try connections(&cost, tables, client, SocketName(target, port: port))
    guard policies > 0 else { return cost }
    cost.change = Distribution(try changeLabels(successor))
    return cost
  }

  /// Beside it leftovers are removed at the agent's pace.
  private func changeLabels(_ load: PolicyLoad) throws -> [Duration] {
    let state = SharedLoad(load)
    let removal = try NamedThread("bench-leftovers") { state.removeLeftovers() }
    defer {
      state.end()
      removal.join()
    }
    let clock = ContinuousClock()
    return try (0..<changes).map { round in
      let start = clock.now
      guard try state.changeLabels(round) > 0 else { throw UserError("a change of labels wrote nothing") }
      return clock.now - start
    }
  }

  /// Connections under policies, and with the table asleep, in turns.
  private func connections(
    _ cost: inout PolicyCost, _ tables: NFTablesSocket, _ client: TrafficClient, _ target: SocketName
  ) throws {
    _ = try client.connectionRate(to: target, for: Self.turn)
    for round in 0..<max(2, Int((duration / Self.turn / 2).rounded(.up))) {
      for isAsleep in round.isMultiple(of: 2) ? [true, false] : [false, true] {
        try PolicyLoad.sleep(tables, isAsleep)
        let rate = try client.connectionRate(to: target, for: Self.turn)
        if isAsleep { cost.without.append(rate) } else { cost.connections.append(rate) }
      }
    }
    try PolicyLoad.sleep(tables, false)
  }
}

/// What so many policies cost.
struct PolicyCost: Sendable {
  var policies: Int
  /// From the state to the end of the transaction that makes the table.
  var coldSync = Duration.zero
  var elements = 0
  /// The same with all there already: reading, planning, finding nothing to do.
  var restart = Duration.zero
  var restartElements = 0
  /// A second: a figure a round, and of the same round without the table.
  var connections: [Double] = []
  var without: [Double] = []
  /// From a pod's other labels to the end of the transaction that the kernel has them by.
  var change = Distribution([])

  init(policies: Int) { self.policies = policies }

  var ratio: Double { PathFigures.median(zip(connections, without).map { $0 / $1 }) }

  var json: JSONValue {
    [
      "policies": .integer(policies), "connections_per_second": .number(PathFigures.median(connections)),
      "ratio_to_none": .number(ratio), "change_ms": change.json(in: .milliseconds(1)),
      "cold_sync_seconds": .number(coldSync.seconds), "restart_seconds": .number(restart.seconds),
      "restart_elements": .integer(restartElements), "elements": .integer(elements),
    ]
  }
}

/// The part of `bench pods` about policies.
struct PolicyCosts: PodsSection {
  var costs: [PolicyCost]

  var members: [(String, JSONValue)] { [("policies", .array(costs.map(\.json)))] }

  var rows: [(String, String)] {
    costs.map { cost in
      let change =
        cost.change.count == 0
        ? "" : ", labels in \(cost.change.p50.milliseconds.text(2)), \(cost.change.p99.milliseconds.text(2)) ms"
      return (
        "\(cost.policies) policies",
        "\(Int(PathFigures.median(cost.connections))) connections/s (\(cost.ratio.text(2)))\(change), start "
          + "\(cost.coldSync.seconds.text(2)) s, again \(cost.restart.seconds.text(2)) s, \(cost.elements) elements"
      )
    }
  }
}
