import KubeAPI
import Netlink
import ServiceProxy

#if canImport(Glibc)
  import Glibc
#endif

/// Measures the service proxy from its state to the kernel, with made-up Services, in a network namespace of its own.
///
/// What is timed is planning, encoding, and the kernel's transaction until it has answered; decoding of API objects is not
/// in it.
struct ServicesBench {
  var services: Int
  var endpoints: Int
  /// Changes of each kind.
  var changes: Int

  struct Report {
    var coldSync: Duration
    var coldElements: Int
    var coldBytes: Int
    /// Endpoint removed and added again, and Service removed and added again, in turns.
    var changeTimes: [Duration]
    var changeCPU: Duration
    var restart: Duration
    var restartWrites: Int
    var residentBytes: Int
  }

  func run() throws -> Report { try NetworkNamespace.make().run { try measure() } }

  private func measure() throws -> Report {
    let clock = ContinuousClock()
    var state = ProxyState()
    for index in 0..<services { add(index, endpoints, to: &state) }

    var programmer = ServiceProgrammer(try NFTablesSocket())
    var start = clock.now
    try programmer.adopt(state)
    let cold = programmer.flush()
    let coldSync = clock.now - start
    try check(cold)

    var times: [Duration] = []
    let cpu = Self.cpuTime()
    for round in 0..<changes {
      let index = round * 7919 % services
      for step in 0..<4 {
        let key = Self.key(index)
        switch step {
        case 0: add(index, max(0, endpoints - 1), to: &state)
        case 1, 3: add(index, endpoints, to: &state)
        default: state.setService(key, nil)
        }
        start = clock.now
        programmer.update([key], from: state)
        let report = programmer.flush()
        times.append(clock.now - start)
        try check(report)
        guard report.transactions > 0 else { throw UserError("a change of \(key) wrote nothing") }
      }
    }
    let changeCPU = (Self.cpuTime() - cpu) / max(1, times.count)

    var successor = ServiceProgrammer(try NFTablesSocket())
    start = clock.now
    try successor.adopt(state)
    let again = successor.flush()
    let restart = clock.now - start
    try check(again)
    return Report(
      coldSync: coldSync, coldElements: cold.elements, coldBytes: cold.statistics.bytes, changeTimes: times,
      changeCPU: changeCPU, restart: restart, restartWrites: again.transactions, residentBytes: Self.residentBytes())
  }

  private func check(_ report: ServiceProgrammer.Report) throws {
    guard let failure = report.failures.first else { return }
    throw UserError("the kernel refused \(failure.subject): \(failure.error)")
  }

  private static func key(_ index: Int) -> ObjectKey { ObjectKey(namespace: "bench", name: "service-\(index)") }

  /// Service `index`, `10.96.x.y:80` to `10.244.x.y:8080`, with so many endpoints.
  private func add(_ index: Int, _ count: Int, to state: inout ProxyState) {
    let key = Self.key(index)
    state.setService(
      key,
      ServiceDefinition(clusterIPs: [IPAddress(v4: 0x0A60_0001 + UInt32(index))], ports: [.init(port: 80)]))
    let first = UInt32(0x0AF4_0001) + UInt32(index * endpoints)
    state.setSlice(
      ObjectKey(namespace: "bench", name: "slice-\(index)"),
      EndpointSliceDefinition(
        service: key, family: .v4, ports: [.init(port: 8080)],
        endpoints: (0..<count).map { EndpointDefinition(IPAddress(v4: first + UInt32($0))) }))
  }

  /// The CPU time of this process, the kernel's part included.
  private static func cpuTime() -> Duration {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func duration(_ time: timeval) -> Duration { .seconds(time.tv_sec) + .microseconds(Int(time.tv_usec)) }
    return duration(usage.ru_utime) + duration(usage.ru_stime)
  }

  /// Resident memory of this process, from /proc/self/statm.
  private static func residentBytes() -> Int {
    let text = String(decoding: (try? Files.readIfPresent("/proc/self/statm")) ?? [], as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
