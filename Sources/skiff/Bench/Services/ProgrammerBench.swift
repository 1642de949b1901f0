import KubeAPI
import Netlink
import ServiceProxy

#if canImport(Glibc)
  import Glibc
#endif

/// Measures skiff's proxy from its state to the kernel, in this process: what remains of a change once its event has
/// arrived and been read. Objects are not decoded here.
struct ProgrammerBench: Sendable {
  var services: Int
  var endpoints: Int
  /// Changes of each kind.
  var changes: Int

  struct Report: Sendable {
    /// From the state to the end of the last transaction.
    var coldSync: Duration
    /// From the state's change to the kernel's notification of the new generation.
    var times: ChangeTimes
    var cpuPerChange: Duration
    /// A new programmer with the same state: reading the ruleset, planning, finding nothing to do.
    var restart: Duration
    var restartWrites: Int

    var json: JSONValue {
      [
        "cold_sync_seconds": .number(coldSync.seconds), "change_ms": times.all.json(in: .milliseconds(1)),
        "change_kinds": times.json, "cpu_ms_per_change": .number(cpuPerChange.milliseconds),
        "restart_seconds": .number(restart.seconds), "restart_writes": .integer(restartWrites),
      ]
    }
  }

  func run() throws -> Report { try NetworkNamespace.make().run { () throws -> Report in try measure() } }

  private func measure() throws -> Report {
    let clock = ContinuousClock()
    var state = ProxyState()
    for index in 0..<services {
      setService(index, in: &state)
      setSlice(index, count: endpoints, in: &state)
    }
    var programmer = ServiceProgrammer(try NFTablesSocket())
    var start = clock.now
    try programmer.adopt(state)
    try check(programmer.flush())
    let coldSync = clock.now - start

    let log = try GenerationLog()
    defer { log.stop() }
    var times = ChangeTimes()
    let cpu = Self.cpuTime()
    for round in 0..<changes {
      let index = round * 7919 % services
      for kind in ChangeKind.allCases {
        let mark = log.count
        start = clock.now
        apply(kind, index, to: &state)
        programmer.update([Self.key(index)], from: state)
        try check(programmer.flush())
        guard let end = try seen(log, after: mark) else { throw UserError("\(kind) of a Service wrote nothing") }
        times.add(start.duration(to: end), kind)
      }
    }
    let cpuPerChange = (Self.cpuTime() - cpu) / (changes * ChangeKind.allCases.count)

    let mark = log.count
    var successor = ServiceProgrammer(try NFTablesSocket())
    start = clock.now
    try successor.adopt(state)
    try check(successor.flush())
    return Report(
      coldSync: coldSync, times: times, cpuPerChange: cpuPerChange, restart: clock.now - start,
      restartWrites: log.count - mark)
  }

  /// When the last transaction since then was told of. The kernel has told before it answers the writer, so the
  /// listening thread needs only to be given its turn.
  private func seen(_ log: GenerationLog, after mark: Int) throws -> ContinuousClock.Instant? {
    let deadline = ContinuousClock.now + .seconds(5)
    while log.count == mark, ContinuousClock.now < deadline { usleep(50) }
    return log.count > mark ? log.last?.time : nil
  }

  private func check(_ report: ServiceProgrammer.Report) throws {
    guard let failure = report.failures.first else { return }
    throw UserError("the kernel refused \(failure.subject): \(failure.error)")
  }

  private func apply(_ kind: ChangeKind, _ index: Int, to state: inout ProxyState) {
    switch kind {
    case .endpointRemoved: setSlice(index, count: endpoints - 1, in: &state)
    case .endpointAdded, .endpointReady: setSlice(index, count: endpoints, in: &state)
    case .endpointNotReady: setSlice(index, count: endpoints, lastIsReady: false, in: &state)
    case .serviceRemoved: state.setService(Self.key(index), nil)
    case .serviceAdded: setService(index, in: &state)
    }
  }

  private static func key(_ index: Int) -> ObjectKey {
    ObjectKey(namespace: BenchObjects.namespace, name: BenchObjects.name(index))
  }

  private func setService(_ index: Int, in state: inout ProxyState) {
    state.setService(
      Self.key(index),
      ServiceDefinition(
        clusterIPs: [BenchNetworks.clusterIP(index)], ports: [.init(port: UInt16(BenchObjects.port))]))
  }

  private func setSlice(
    _ index: Int, count: Int, lastIsReady: Bool = true, in state: inout ProxyState
  ) {
    var members = (0..<count).map { EndpointDefinition(BenchNetworks.endpoint(index * endpoints + $0)) }
    if !lastIsReady, let last = members.popLast() { members.append(EndpointDefinition(last.address, [])) }
    state.setSlice(
      ObjectKey(namespace: BenchObjects.namespace, name: "\(BenchObjects.name(index))-0"),
      EndpointSliceDefinition(
        service: Self.key(index), family: .v4, ports: [.init(port: UInt16(BenchObjects.targetPort))],
        endpoints: members))
  }

  /// The CPU time of this process, the kernel's part included.
  private static func cpuTime() -> Duration {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func duration(_ time: timeval) -> Duration { .seconds(time.tv_sec) + .microseconds(Int(time.tv_usec)) }
    return duration(usage.ru_utime) + duration(usage.ru_stime)
  }
}
