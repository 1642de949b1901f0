import Glibc
import KubeAPI
import KubeClient
import Logging
import Netlink
import Synchronization

/// Takes what arrives, plans it, and has it written. Whoever posts something may wait for it by ``process()``: whatever
/// came meanwhile is written with it, as one transaction.
final class PolicyEngine: Sendable {
  private struct Work {
    var programmer: PolicyProgrammer
    var known: Set<PolicyInput.Source> = []
    var readings: [PolicyName: PolicyReading] = [:]
    /// How many policies there are of each kind, and how many of which something cannot be read.
    var counts: [Bool: (all: Int, invalid: Int)] = [:]
    var isDamaged = false
    var lastError: String?

    var isComplete: Bool { known.count == PolicyInput.Source.allCases.count }
  }

  private let inbox = Mutex<[PolicyInput]>([])
  private let work: Mutex<Work>
  let connection: any NFTablesConnection
  private let metrics: PolicyMetrics
  let logger: Logger
  private let wake: AsyncStream<Void>.Continuation
  private let sweep: AsyncStream<Void>.Continuation
  private let leave: AsyncStream<Void>.Continuation
  /// Something was posted.
  let wakeups: AsyncStream<Void>
  /// Connections may not be allowed any more.
  let sweeps: AsyncStream<Void>
  /// The kernel holds elements that nothing refers to.
  let leftovers: AsyncStream<Void>

  /// How long ADD waits for its pod to be known.
  static let patience = Duration.seconds(5)

  init(_ connection: any NFTablesConnection, metrics: PolicyMetrics, logger: Logger) {
    work = Mutex(Work(programmer: PolicyProgrammer(connection)))
    self.connection = connection
    self.metrics = metrics
    self.logger = logger
    (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    (sweeps, sweep) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    (leftovers, leave) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// What arrives is carried out by the next ``process()``, which is called for it where nobody else does.
  func post(_ input: PolicyInput) {
    inbox.withLock { $0.append(input) }
    wake.yield()
  }

  func close() {
    wake.finish()
    sweep.finish()
    leave.finish()
  }

  /// Carries out all that was posted.
  /// - Returns: whether the kernel holds what it should.
  @discardableResult
  func process() -> Bool {
    work.withLock { work in
      let inputs = inbox.withLock { inputs in
        defer { inputs = [] }
        return inputs
      }
      let begin = ContinuousClock.now
      for input in inputs { take(input, &work) }
      guard work.isComplete else { return false }
      if inputs.isEmpty, work.programmer.isApplied { return true }
      return program(begin, &work)
    }
  }

  private func program(_ begin: ContinuousClock.Instant, _ work: inout Work) -> Bool {
    do {
      let wasDamaged = work.isDamaged
      let report = try work.programmer.flush()
      work.isDamaged = false
      if work.lastError != nil { logger.info("policies are programmed again") }
      work.lastError = nil
      if work.programmer.planner.elements.leftoverCount > 0 { leave.yield() }
      guard report.elements > 0 || report.isRebuilt else { return true }
      metrics.seconds.observe(ContinuousClock.now - begin)
      metrics.changes.increment(by: Double(report.elements))
      if wasDamaged {
        metrics.repairs.increment()
        logger.warning(
          "put right the policies that something else had changed",
          metadata: ["elements": "\(report.elements)", "rebuilt": "\(report.isRebuilt)"])
      } else {
        logger.debug("programmed policies", metadata: ["elements": "\(report.elements)"])
      }
      tell(work)
      if report.mayCut { sweep.yield() }
      return true
    } catch {
      fail(error, &work)
      return false
    }
  }

  private func fail(_ error: any Error, _ work: inout Work) {
    metrics.failures.increment()
    let text = "\(error)"
    if text != work.lastError { logger.error("cannot program policies: \(text)") }
    work.lastError = text
  }

  /// Removes some of the elements that nothing refers to.
  /// - Returns: whether there are more.
  func removeLeftovers() -> Bool {
    work.withLock { work in
      do {
        let areMore = try work.programmer.removeLeftovers()
        tell(work)
        return areMore
      } catch {
        fail(error, &work)
        wake.yield()
        return false
      }
    }
  }

  private func tell(_ work: Work) {
    let planner = work.programmer.planner
    for direction in PolicyDirection.allCases {
      metrics.subjects.set(Double(planner.elements[direction].applied.count), [direction.rawValue])
    }
    metrics.elements.set(Double(planner.elements.count))
    metrics.leftovers.set(Double(planner.elements.leftoverCount))
    metrics.profiles.set(Double(planner.profiles.count))
  }

  // MARK: What arrives

  private func take(_ input: PolicyInput, _ work: inout Work) {
    switch input {
    case .namespaces(.replaced(let all)):
      work.known.insert(.namespaces)
      let names = Set(all.keys.map(\.name))
      for name in work.programmer.planner.namespaces.keys where !names.contains(name) {
        work.programmer.planner.setNamespace(name, nil)
      }
      for (key, labels) in all { work.programmer.planner.setNamespace(key.name, labels) }
    case .namespaces(.changed(let key, let labels)): work.programmer.planner.setNamespace(key.name, labels)
    case .namespaces(.deleted(let key)): work.programmer.planner.setNamespace(key.name, nil)
    case .pods(.replaced(let all)):
      work.known.insert(.pods)
      for key in work.programmer.planner.pods.keys where all[key] == nil { work.programmer.planner.setPod(key, nil) }
      for (key, pod) in all { work.programmer.planner.setPod(key, pod) }
    case .pods(.changed(let key, let pod)): work.programmer.planner.setPod(key, pod)
    case .pods(.deleted(let key)): work.programmer.planner.setPod(key, nil)
    case .networkPolicies(let event): take(event, isCluster: false, &work)
    case .clusterPolicies(let event): take(event, isCluster: true, &work)
    case .lease(let attachment, let lease): work.programmer.planner.setLease(attachment, lease)
    case .damage:
      work.isDamaged = true
      work.programmer.forget()
    }
  }

  private func take(_ event: InformerEvent<PolicyReading>, isCluster: Bool, _ work: inout Work) {
    switch event {
    case .replaced(let all):
      work.known.insert(isCluster ? .clusterPolicies : .networkPolicies)
      for name in work.readings.keys where name.isCluster == isCluster && all[name.key] == nil {
        set(name, nil, &work)
      }
      for (key, reading) in all { set(PolicyName(isCluster: isCluster, key: key), reading, &work) }
    case .changed(let key, let reading): set(PolicyName(isCluster: isCluster, key: key), reading, &work)
    case .deleted(let key): set(PolicyName(isCluster: isCluster, key: key), nil, &work)
    }
    let kind = isCluster ? "ClusterNetworkPolicy" : "NetworkPolicy"
    let counts = work.counts[isCluster] ?? (0, 0)
    metrics.policies.set(Double(counts.all), [kind])
    metrics.invalid.set(Double(counts.invalid), [kind])
  }

  private func set(_ name: PolicyName, _ reading: PolicyReading?, _ work: inout Work) {
    let old = work.readings[name]
    guard old != reading else { return }
    work.readings[name] = reading
    for (reading, step) in [(old, -1), (reading, 1)] {
      guard let reading else { continue }
      work.counts[name.isCluster, default: (0, 0)].all += step
      if !reading.problems.isEmpty { work.counts[name.isCluster, default: (0, 0)].invalid += step }
    }
    if let reading, reading.problems != old?.problems ?? [], !reading.problems.isEmpty {
      let isUsed = reading.definition != nil
      logger.error(
        "a policy cannot be read\(isUsed ? " in part, which allows nothing" : ", and is not applied"): correct it",
        metadata: ["policy": "\(name)", "problems": "\(reading.problems.prefix(5).joined(separator: "; "))"])
    }
    work.programmer.planner.setPolicy(name, reading?.definition)
  }

  // MARK: Questions

  /// Whether the last attempt failed; it should be repeated.
  var hasFailed: Bool { work.withLock { $0.lastError != nil } }

  /// Connections should be looked at again.
  func requestSweep() { sweep.yield() }

  /// What is wrong; nil for nothing.
  var problem: String? {
    work.withLock { work in
      if let error = work.lastError { return error }
      if work.isComplete { return nil }
      let missing = PolicyInput.Source.allCases.filter { !work.known.contains($0) }.map(\.rawValue)
      return "the API server has not told all yet: \(missing.joined(separator: ", "))"
    }
  }

  /// Runs `body` on what is planned. Keep it short: changes and calls wait.
  func inspect<Result: Sendable>(_ body: (PolicyPlanner) throws -> Result) rethrows -> Result {
    try work.withLock { try body($0.programmer.planner) }
  }

  /// Compares what the kernel holds for a pod with what it should.
  /// - Returns: the difference; nil for none.
  func difference(at addresses: [IPAddress]) throws(NetlinkError) -> String? {
    let outcome: Result<String?, NetlinkError> = work.withLock { work in
      guard work.isComplete else { return .success("policies are not known yet") }
      do throws(NetlinkError) {
        guard let found = try PolicyElements.read(connection) else {
          return .success("the table \(PolicyRuleset.table) is not as it should be")
        }
        let wanted = work.programmer.planner.elements
        for address in addresses {
          guard found.egress.applied[address] == wanted.egress[address],
            found.ingress.applied[address] == wanted.ingress[address],
            found.peers.applied[address] == wanted.peers[address], found.own.applied[address] == wanted.own[address]
          else { return .success("the policies of \(address) are not in the kernel") }
        }
        return .success(nil)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}
