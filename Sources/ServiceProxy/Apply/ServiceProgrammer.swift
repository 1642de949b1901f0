public import KubeAPI
public import Netlink

/// Keeps the kernel's maps as the Services want them. It holds what the kernel holds, so the cost of a change is that
/// of the Service that changed.
///
/// `adopt`, once at start and whenever someone else has written, reads the kernel; `update` plans Services; `flush`
/// sends what differs. It needs no API server: tests and benchmarks feed it with synthetic state.
public struct ServiceProgrammer: Sendable {
  /// What a flush did.
  public struct Report: Sendable {
    /// Transactions, messages and bytes that went to the kernel.
    public var transactions = 0
    public var statistics = NFCommitStatistics()
    /// Elements that were added or deleted.
    public var elements = 0
    /// What the kernel refused; it stays pending and is tried again by the next flush.
    public var failures: [(subject: String, service: ObjectKey?, error: NFCommitError)] = []
    /// UDP and SCTP frontends that lost endpoints, with those they still have: other flows are stale.
    public var changedFlows: [FrontendKey: [EndpointTarget]] = [:]
    /// The kernel holds something else than was thought: adopt again.
    public var needsAdoption: Bool {
      failures.contains { failure in
        failure.error.failures.contains { $0.error.errno == 2 || $0.error.errno == 17 }
      }
    }
  }

  let connection: any NFTablesConnection
  public private(set) var ruleset: Ruleset
  private(set) var applied = Applied()
  private var claims = Claims()
  private var problems: [ObjectKey: [String]] = [:]
  private var draining = DrainingFlows()
  /// The ruleset's, if nobody else has written since it was read.
  private(set) var generation: UInt32 = 0

  /// Frontends that are to become so; nil is to go.
  private var pending: [FrontendKey: Frontend?] = [:]
  private var pendingClusterIPs: Set<IPAddress> = []
  private var pendingHairpins: Set<IPAddress> = []
  /// What has to be done to the fixed part.
  private var fixed: [NFBatch.Operation] = []
  private var strange = ElementChanges()
  private var strangeChains: [String] = []
  /// Endpoints that clients may still be bound to, which are gone.
  var lostEndpoints: [FrontendKey: Set<EndpointTarget>] = [:]
  /// The table must be made anew: everything in one transaction, so that nothing is missing in between.
  private var rebuild = false

  /// Elements in one transaction: enough that a transaction's own cost does not matter, few enough that the
  /// kernel is not held for long.
  static let transactionLimit = 16_384
  /// Chains without users are kept for the next one, up to so many.
  static let spareChains = 128

  private static let preparedChains = Dictionary(uniqueKeysWithValues: OnDemandChain.prepared.map { ($0, 0) })

  public init(_ connection: any NFTablesConnection, options: Ruleset.Options = Ruleset.Options()) {
    self.connection = connection
    ruleset = Ruleset(options)
  }

  public var frontendCount: Int { claims.frontendCount }
  public var hasPending: Bool {
    !pending.isEmpty || !pendingClusterIPs.isEmpty || !pendingHairpins.isEmpty || !fixed.isEmpty || !strange.isEmpty
      || !strangeChains.isEmpty || !lostEndpoints.isEmpty || !draining.isEmpty
  }

  /// What is wrong in each Service, and was left out.
  public var serviceProblems: [ObjectKey: [String]] { problems }

  /// What the kernel holds for a Service, as far as is known.
  public func frontends(of service: ObjectKey) -> [FrontendKey: Frontend] {
    var found: [FrontendKey: Frontend] = [:]
    for key in claims.frontends(of: service) { found[key] = applied.frontends[key] }
    return found
  }

  /// The frontends that a Service has, whether or not the kernel has them yet.
  func claimedFrontends(of service: ObjectKey) -> [FrontendKey] { claims.frontends(of: service) }

  /// Everything that the kernel holds for frontends, as far as is known.
  public var appliedFrontends: [FrontendKey: Frontend] { applied.frontends }

  // MARK: Planning

  /// Plans Services anew. The cost is theirs alone, whatever else there is.
  public mutating func update(_ services: some Sequence<ObjectKey>, from state: ProxyState) {
    var queue = Array(services)
    while let service = queue.popLast() {
      let plan = state.services[service].map {
        ServicePlan($0, slices: state.slices(of: service), zone: state.zone)
      }
      var flowing = Set(claims.frontends(of: service).filter(\.transport.needsFlowCleanup))
      let outcome = claims.set(service, plan)
      if let plan { flowing.formUnion(plan.draining.keys.filter { claims.owner($0) == service }) }
      for key in flowing { draining.set(key, plan?.draining[key] ?? []) }
      for (key, frontend) in outcome.frontends { pending[key] = frontend }
      pendingClusterIPs.formUnion(outcome.clusterIPs)
      pendingHairpins.formUnion(outcome.hairpins)
      queue += outcome.concerned
      let found = (plan?.problems ?? []) + outcome.conflicts
      problems[service] = found.isEmpty ? nil : found
    }
  }

  /// Where ClusterIPs come from has changed; the next flush says so to the kernel.
  public mutating func setServiceCIDRs(_ prefixes: [IPPrefix]) {
    let families = IPAddress.Family.allCases
    let old = families.map { ruleset.fixedElements(.serviceCIDRs, $0) }
    ruleset.options.serviceCIDRs = prefixes
    for (family, old) in zip(families, old) {
      let new = ruleset.fixedElements(.serviceCIDRs, family)
      guard old != new else { continue }
      let set = Ruleset.SetName.serviceCIDRs.name(family)
      // Ranges that touch each other cannot be deleted one by one.
      fixed.append(.flushSet(Ruleset.table, set))
      if !new.isEmpty { fixed.append(.addElements(new, Ruleset.table, set: set)) }
    }
  }

  // MARK: Reading

  /// Reads what the kernel holds, and plans all Services anew. What none of them wants any more, and what they want that
  /// is not there, is sent by the next flush.
  public mutating func adopt(_ state: ProxyState) throws(NetlinkError) { try adopt(state, elements: nil) }

  /// - Parameter elements: what was read already of the kernel's maps.
  mutating func adopt(_ state: ProxyState, elements: KernelElements?) throws(NetlinkError) {
    let reading = try KernelReading(connection, ruleset, elements: elements)
    generation = reading.generation
    applied = reading.applied
    claims = Claims()
    problems = [:]
    draining = DrainingFlows()
    draining.suspect(applied.frontends.keys.filter(\.transport.needsFlowCleanup))
    pending = [:]
    pendingClusterIPs = applied.clusterIPs
    pendingHairpins = applied.hairpins
    fixed = []
    strange = ElementChanges()
    strangeChains = []
    rebuild = false
    switch reading.fixed {
    case .absent:
      fixed = build()
      applied.chains = Self.preparedChains
    case .incompatible:
      rebuild = true
      fixed = [.deleteTable(Ruleset.table)] + build()
    case .present(let wrongChains): repair(reading, wrongChains)
    }
    for key in applied.frontends.keys { pending[key] = .some(nil) }
    update(state.services.keys, from: state)
  }

  /// The whole fixed part.
  private func build() -> [NFBatch.Operation] {
    let table = Ruleset.table
    var operations: [NFBatch.Operation] = [.addTable(NFTable(table))]
    operations += ruleset.sets.map { .addSet($0) }
    let chains = ruleset.chains
    operations += chains.map { .addChain($0.chain) }
    for chain in chains { operations += chain.rules.map { .addRule($0) } }
    operations += add(OnDemandChain.prepared)
    for family in IPAddress.Family.allCases {
      for name in Ruleset.fixedSets {
        let elements = ruleset.fixedElements(name, family, leadingTo: OnDemandChain.prepared)
        if !elements.isEmpty { operations.append(.addElements(elements, table, set: name.name(family))) }
      }
    }
    return operations
  }

  private mutating func repair(_ reading: KernelReading, _ wrongChains: [String]) {
    let table = Ruleset.table
    let wrong = ruleset.chains.filter { wrongChains.contains($0.chain.name) }
    for chain in wrong {
      fixed.append(.addChain(chain.chain))
      fixed.append(.flushChain(table, chain.chain.name))
    }
    for chain in wrong { fixed += chain.rules.map { .addRule($0) } }
    fixed += add(reading.wrongOnDemand)
    fixed += reading.fixedElements
    strange = reading.strange
    strangeChains = reading.strangeChains
  }

  /// Chains first and rules then, for one may lead to another. What leads to them is added with other elements.
  private func add(_ chains: some Collection<OnDemandChain>) -> [NFBatch.Operation] {
    let chains = chains.map { $0.chain(ruleset) }
    // Whatever stands in a chain of this name is not known to be right.
    return chains.flatMap { [.addChain($0.chain), .flushChain(Ruleset.table, $0.chain.name)] }
      + chains.flatMap { chain in chain.rules.map { .addRule($0) } }
  }

  private static func delete(_ chains: [OnDemandChain]) -> [NFBatch.Operation] {
    chains.map { .flushChain(Ruleset.table, $0.name) } + chains.map { .deleteChain(Ruleset.table, $0.name) }
  }

  // MARK: Writing

  private struct Change {
    var key: FrontendKey
    var old: Frontend?
    var new: Frontend?
  }

  /// Sends what differs. One Service's change is one transaction; a cold start is a row of them.
  public mutating func flush() -> Report {
    var report = Report()
    defer { generation &+= UInt32(report.transactions) }
    guard hasPending else { return report }
    var changes: [Change] = []
    for (key, wanted) in pending {
      let old = applied.frontends[key]
      var new = wanted
      if let wanted, let old {
        new?.endpoints = Arrangement.place(wanted.endpoints, over: old.endpoints)
        new?.localEndpoints = Arrangement.place(wanted.localEndpoints, over: old.localEndpoints)
      }
      if old == new { pending[key] = nil } else { changes.append(Change(key: key, old: old, new: new)) }
    }
    if !rebuild, !fixed.isEmpty {
      if commit(NFBatch(fixed), "the fixed part of \(Ruleset.table)", nil, 0, &report) {
        fixed = []
      } else {
        return report
      }
    }
    var start = 0
    repeat {
      var weight = 0
      var end = start
      while end < changes.count, rebuild || weight < Self.transactionLimit {
        weight += 4 + (changes[end].new?.endpoints.count ?? 0) + (changes[end].old?.endpoints.count ?? 0)
        end += 1
      }
      send(changes[start..<end], isLast: end == changes.count, &report)
      start = end
    } while start < changes.count
    removeStrangeChains(&report)
    forgetClients(&report)
    for key in draining.takeDue() where report.changedFlows[key] == nil {
      guard let frontend = applied.frontends[key] else { continue }
      report.changedFlows[key] = keepers(key, frontend)
    }
    return report
  }

  /// Sends some changes; where the kernel refuses them together, the halves, down to the one at fault.
  private mutating func send(_ changes: ArraySlice<Change>, isLast: Bool, _ report: inout Report) {
    var elements = ElementChanges()
    var newChains: Set<OnDemandChain> = []
    for change in changes {
      if let new = change.new {
        for chain in OnDemandChain.used(by: new, change.key)
        where (rebuild ? Self.preparedChains : applied.chains)[chain] == nil && newChains.insert(chain).inserted {
          for entry in chain.entries { elements.add(entry.element, entry.set, chain.family) }
        }
      }
      elements.replace(change.key, change.old, change.new)
    }
    let addresses = isLast ? AddressChanges(pendingClusterIPs, pendingHairpins, claims, applied) : nil
    addresses?.add(to: &elements)
    merge(strange, into: &elements)
    let spare = isLast ? spareChains(besides: changes) : []
    for chain in spare { for entry in chain.entries { elements.delete(entry.element, entry.set, chain.family) } }
    var batch = NFBatch(rebuild ? fixed : [])
    batch.append(NFBatch(add(newChains)))
    elements.append(to: &batch)
    batch.append(NFBatch(Self.delete(spare)))
    guard !batch.isEmpty else { return finish(changes, newChains, addresses, spare, &report) }
    let subject = changes.count == 1 ? "\(changes[changes.startIndex].key)" : "\(changes.count) frontends"
    let owner = changes.count == 1 ? claims.owner(changes[changes.startIndex].key) : nil
    if changes.count < 2 || rebuild {
      guard commit(batch, subject, owner, elements.count, &report) else { return }
      finish(changes, newChains, addresses, spare, &report)
      return
    }
    var attempt = Report()
    if commit(batch, subject, owner, elements.count, &attempt) {
      report.merge(attempt)
      finish(changes, newChains, addresses, spare, &report)
      return
    }
    let middle = changes.startIndex + changes.count / 2
    send(changes[..<middle], isLast: false, &report)
    send(changes[middle...], isLast: isLast, &report)
  }

  func commit(
    _ batch: NFBatch, _ subject: String, _ service: ObjectKey?, _ elements: Int, _ report: inout Report
  ) -> Bool {
    do throws(NFCommitError) {
      report.statistics += try connection.commit(batch)
      report.transactions += 1
      report.elements += elements
      return true
    } catch {
      report.failures.append((subject, service, error))
      return false
    }
  }

  private mutating func finish(
    _ changes: ArraySlice<Change>, _ newChains: Set<OnDemandChain>,
    _ addresses: AddressChanges?, _ spare: [OnDemandChain],
    _ report: inout Report
  ) {
    if rebuild { applied.chains = Self.preparedChains }
    for chain in newChains { applied.chains[chain] = 0 }
    for change in changes {
      applied.set(change.key, change.new)
      pending[change.key] = nil
      if change.key.transport.needsFlowCleanup { noteFlows(change, &report) }
      if let old = change.old { noteAffinity(change.key, old, change.new) }
    }
    for chain in spare { applied.chains[chain] = nil }
    if let addresses {
      addresses.carryOut(in: &applied)
      pendingClusterIPs = []
      pendingHairpins = []
    }
    strange = ElementChanges()
    if rebuild {
      rebuild = false
      fixed = []
    }
  }

  private func noteFlows(_ change: Change, _ report: inout Report) {
    let before = change.old?.allEndpoints ?? []
    let current = Set(change.new?.allEndpoints ?? [])
    // A frontend that had none may have flows from before, which went nowhere.
    if before.isEmpty || before.contains(where: { !current.contains($0) }) {
      report.changedFlows[change.key] = keepers(change.key, change.new)
    }
  }

  /// The endpoints whose flows go on.
  private func keepers(_ key: FrontendKey, _ frontend: Frontend?) -> [EndpointTarget] {
    frontend.map { $0.allEndpoints + draining.kept(key) } ?? []
  }

  private func merge(_ strange: ElementChanges, into elements: inout ElementChanges) {
    for (target, list) in strange.deleted {
      for element in list { elements.delete(element, target.name, target.family) }
    }
  }

  /// Chains that nothing uses after these changes, if they are too many to keep.
  private func spareChains(besides changes: ArraySlice<Change>) -> [OnDemandChain] {
    guard applied.chains.count > Self.spareChains else { return [] }
    var wanted: Set<OnDemandChain> = []
    for change in changes { if let new = change.new { wanted.formUnion(OnDemandChain.used(by: new, change.key)) } }
    wanted.formUnion(OnDemandChain.prepared)
    let unused = applied.chains.filter { $0.value == 0 && !wanted.contains($0.key) }.keys
    return unused.count > Self.spareChains ? Array(unused) : []
  }

  /// Chains that are not ours to have in our table. Someone else's rules may hold them; then they stay.
  private mutating func removeStrangeChains(_ report: inout Report) {
    for name in strangeChains {
      let batch = NFBatch([.flushChain(Ruleset.table, name), .deleteChain(Ruleset.table, name)])
      var attempt = Report()
      if commit(batch, "chain \(name)", nil, 0, &attempt) { report.merge(attempt) }
    }
    strangeChains = []
  }
}

extension ServiceProgrammer.Report {
  mutating func merge(_ other: Self) {
    transactions += other.transactions
    statistics += other.statistics
    elements += other.elements
    failures += other.failures
    changedFlows.merge(other.changedFlows) { _, new in new }
  }
}

extension ServiceProgrammer {
  /// Removes the table. Established connections go on, for their translation is connection tracking's.
  public static func cleanup(_ connection: any NFTablesConnection) throws {
    guard try connection.tables().contains(where: { $0.name == Ruleset.table }) else { return }
    try connection.commit(NFBatch([.deleteTable(Ruleset.table)]))
  }
}
