import KubeAPI
import Logging
import Netlink
import Synchronization
import Telemetry

/// Carries out CNI calls: addresses from the ledger, links in the kernel.
final class CNIHandler: Sendable {
  struct State: Sendable {
    var ledger: AddressLedger
    var plan = NetworkPlan()
    /// Whether ADD may be answered: the plan is in the kernel.
    var isServing = false
    /// The numbers of pods' links on the node's side, as far as this process has seen them.
    var links: [CNIRequest.Attachment: Int32] = [:]
    /// Those that a DEL takes away: until the kernel says so, what it tells of them is no news.
    var ending: Set<Int32> = []
  }

  let state: Mutex<State>
  let journal: AddressJournal
  let network: PodNetwork
  let ports: PodTable
  /// nil where policies are not enforced.
  let policy: PolicyEngine?
  let metrics: AgentMetrics
  let logger: Logger
  /// Calls for one container come one after the other; those for different containers seldom share a lock.
  private let turns: [Turn]

  final class Turn: Sendable {
    private let mutex = Mutex(())

    func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Void) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      try mutex.withLock(body)
    }
  }

  func turn(_ attachment: CNIRequest.Attachment) -> Turn {
    turns[Int(UInt(bitPattern: attachment.container.hashValue) % UInt(turns.count))]
  }

  init(
    ledger: AddressLedger, journal: AddressJournal, network: PodNetwork, ports: PodTable, policy: PolicyEngine?,
    metrics: AgentMetrics, logger: Logger
  ) {
    state = Mutex(State(ledger: ledger))
    self.journal = journal
    self.network = network
    self.ports = ports
    self.policy = policy
    self.metrics = metrics
    self.logger = logger
    turns = (0..<64).map { _ in Turn() }
  }

  /// Answers a call: what goes back to `skiff-cni`.
  func answer(_ request: CNIRequest) -> [UInt8] {
    let start = ContinuousClock.now
    let command = request.command.rawValue
    defer { metrics.requestSeconds.observe(ContinuousClock.now - start, [command]) }
    var logger = logger
    logger[metadataKey: "container"] = .string(request.attachment.container)
    if let pod = request.pod { logger[metadataKey: "pod"] = .string(pod) }
    do throws(CNIError) {
      let result = try carryOut(request, logger)
      metrics.requests.increment([command, "0"])
      return CNIConnection.answer(result)
    } catch {
      metrics.requests.increment([command, "\(error.code.rawValue)"])
      logger.warning("\(command) failed: \(error)")
      return CNIConnection.answer(error, version: request.version)
    }
  }

  private func carryOut(_ request: CNIRequest, _ logger: Logger) throws(CNIError) -> JSONValue? {
    switch request.command {
    case .add: return try exclusively(request.attachment) { () throws(CNIError) in try add(request, logger) }
    case .delete:
      try exclusively(request.attachment) { () throws(CNIError) in try delete(request.attachment) }
      return nil
    case .check:
      try exclusively(request.attachment) { () throws(CNIError) in try check(request) }
      return nil
    case .status:
      try status()
      return nil
    case .collect:
      try collect(request.network, keeping: try request.validAttachments())
      return nil
    case .version:
      let versions = CNIVersion.allCases.map { JSONValue.string($0.rawValue) }
      return ["cniVersion": .string(request.version.rawValue), "supportedVersions": .array(versions)]
    }
  }

  func exclusively<Result>(
    _ attachment: CNIRequest.Attachment, _ body: () throws(CNIError) -> Result
  ) throws(CNIError) -> Result {
    var result: Result?
    try turn(attachment).withLock { _ throws(CNIError) in result = try body() }
    guard let result else { throw CNIError(.kernel, "the call for \(attachment) did not run") }
    return result
  }

  // MARK: Verbs

  private func add(_ request: CNIRequest, _ logger: Logger) throws(CNIError) -> JSONValue {
    let path = request.namespace ?? ""
    let pod = try open(path)
    let plan = try servingPlan()
    let wishes = try request.wishes()
    guard pod != network.namespace else {
      throw CNIError(.invalidEnvironment, "CNI_NETNS is the node's own namespace", details: path)
    }
    // Without a lease it is found out when the link is made.
    if state.withLock({ $0.ledger.leases[request.attachment] != nil }),
      try network.hasInterface(request.attachment.interface, in: pod)
    {
      throw CNIError(.exists, "interface \(request.attachment.interface) is in the pod already", details: path)
    }
    let (lease, ticket) = try reserve { (ledger) throws(CNIError) in
      // An ADD that was killed half-way keeps its address.
      let old = ledger.leases[request.attachment]
      let addresses: [IPAddress]
      if let old, old.namespaceInode == pod.identifier.inode {
        addresses = old.addresses
      } else {
        addresses = try ledger.propose(requested: wishes.addresses, from: wishes.ranges)
      }
      try ledger.checkFree(wishes.hostPorts, for: request.attachment)
      var lease = AddressLease(
        attachment: request.attachment, addresses: addresses, namespace: path,
        namespaceInode: pod.identifier.inode, pod: request.pod ?? "", hardwareAddress: wishes.hardwareAddress)
      lease.network = request.network
      lease.hostPorts = wishes.hostPorts
      lease.bandwidth = wishes.bandwidth
      return lease
    }
    do throws(CNIError) {
      // The pod's policies are in the kernel before the pod has a link.
      try policy?.admit(lease, uid: request.arguments["K8S_POD_UID"] ?? "")
      let index = try network.connect(lease, pod, mtu: plan.mtu, sources: plan.sources)
      state.withLock { $0.links[request.attachment] = index }
      try network.shape(lease, index, mtu: plan.mtu)
      try ports.open(lease, else: podState)
      try durable(ticket)
    } catch {
      try? delete(request.attachment)
      throw error
    }
    logger.debug("pod connected", metadata: ["addresses": "\(lease.addresses)", "link": "\(lease.link.hostName)"])
    return Self.result(lease, request, mtu: plan.mtu)
      .json(version: request.version, after: request.configuration["prevResult"])
  }

  func delete(_ attachment: CNIRequest.Attachment) throws(CNIError) {
    let lease = state.withLock { state in
      if let link = state.links.removeValue(forKey: attachment) { state.ending.insert(link) }
      return state.ledger.leases[attachment]
    }
    try ports.closing(lease, else: podState) { () throws(CNIError) in
      // The link ends before its address is given to another pod.
      try network.disconnect(PodLink(attachment), lease)
      release(attachment)
    }
  }

  /// What ``PodTable`` goes by.
  func podState() -> (leases: [AddressLease], sources: [IPAddress.Family: IPAddress]) {
    state.withLock { (Array($0.ledger.leases.values), $0.plan.sources) }
  }

  private func check(_ request: CNIRequest) throws(CNIError) {
    guard let lease = state.withLock({ $0.ledger.leases[request.attachment] }) else {
      throw CNIError(
        .unknownContainer, "\(request.attachment) is not known", details: "no ADD was made for it, or a DEL was")
    }
    try network.check(lease, try open(request.namespace ?? ""))
    try checkPorts(lease)
    try checkPolicy(lease)
    let interfaces = request.configuration[path: "prevResult", "interfaces"]?.arrayValue ?? []
    if !interfaces.isEmpty, !interfaces.contains(where: { $0["name"]?.stringValue == request.attachment.interface }) {
      throw CNIError(.changed, "prevResult does not have the interface \(request.attachment.interface)")
    }
    let reported = request.configuration[path: "prevResult", "ips"]?.arrayValue ?? []
    let addresses = Set(
      reported.compactMap { item in
        item["address"]?.stringValue.flatMap { $0.split(separator: "/").first }.flatMap { IPAddress($0) }
      })
    for address in lease.addresses where !reported.isEmpty && !addresses.contains(address) {
      throw CNIError(.changed, "prevResult does not have the pod's address \(address)")
    }
  }

  private func checkPorts(_ lease: AddressLease) throws(CNIError) {
    let differences: [String]
    do throws(NetlinkError) { differences = try ports.differences(lease) } catch { throw CNIError(error) }
    if let first = differences.first { throw CNIError(.changed, first) }
  }

  private func checkPolicy(_ lease: AddressLease) throws(CNIError) {
    let difference: String?
    do throws(NetlinkError) { difference = try policy?.difference(at: lease.addresses) } catch { throw CNIError(error) }
    if let difference { throw CNIError(.changed, difference) }
  }

  private func status() throws(CNIError) {
    let (isServing, isExhausted, hindrance) = state.withLock {
      ($0.isServing, $0.ledger.isExhausted, $0.plan.hindrance)
    }
    guard isServing else {
      throw CNIError(
        .notAvailable, "the node's network is not ready", details: hindrance ?? "no pod CIDR, or not yet programmed")
    }
    guard !isExhausted else { throw CNIError(.limited, "no pod address is free") }
  }

  /// Removes what a network's runtime no longer has. A lease that says no network is anyone's.
  private func collect(_ name: String, keeping valid: Set<CNIRequest.Attachment>) throws(CNIError) {
    let stale = state.withLock { state in
      state.ledger.leases.filter { ["", name].contains($0.value.network) && !valid.contains($0.key) }.map(\.key)
    }
    var first: CNIError?
    for attachment in stale {
      do throws(CNIError) {
        try exclusively(attachment) { () throws(CNIError) in try delete(attachment) }
        metrics.collected.increment()
      } catch {
        first = first ?? error  // the others are removed all the same
      }
    }
    if let first { throw first }
  }

  // MARK: Parts

  private func open(_ path: String) throws(CNIError) -> NetworkNamespace {
    do {
      return try NetworkNamespace.open(at: path)
    } catch {
      throw CNIError(.invalidEnvironment, "CNI_NETNS cannot be used", details: error.description)
    }
  }

  private func servingPlan() throws(CNIError) -> NetworkPlan {
    try state.withLock { (state) throws(CNIError) in
      guard state.isServing else {
        throw CNIError(.tryAgainLater, "the node's network is not ready", details: state.plan.hindrance ?? "")
      }
      return state.plan
    }
  }

  /// Makes a lease and writes it down before anything comes of it.
  private func reserve(
    _ make: (AddressLedger) throws(CNIError) -> AddressLease
  ) throws(CNIError) -> (AddressLease, UInt64) {
    try state.withLock { (state) throws(CNIError) in
      let lease = try make(state.ledger)
      let record = JournalRecord.leased(lease)
      let ticket: UInt64
      do throws(JournalError) {
        ticket = try journal.append([record])
      } catch {
        throw CNIError(.inputOutput, "cannot write down the pod's address", details: error.description)
      }
      state.ledger.apply(record)
      return (lease, ticket)
    }
  }

  private func durable(_ ticket: UInt64) throws(CNIError) {
    do throws(JournalError) {
      try journal.sync(ticket)
    } catch {
      throw CNIError(.inputOutput, "cannot write down the pod's address", details: error.description)
    }
  }

  /// Frees a pod's addresses, if it has any.
  ///
  /// A journal that cannot be written does not keep them: what it still says is found out at the next start, because
  /// the pod's namespace is gone.
  func release(_ attachment: CNIRequest.Attachment) {
    policy?.release(attachment)
    state.withLock { state in
      state.links[attachment] = nil
      guard state.ledger.leases[attachment] != nil else { return }
      let record = JournalRecord.released(attachment)
      state.ledger.apply(record)
      do throws(JournalError) {
        try journal.append([record])
        try journal.compact(state.ledger.snapshot, live: state.ledger.leases.count)
      } catch {
        logger.error("\(error)")
      }
    }
  }

  static func result(_ lease: AddressLease, _ request: CNIRequest, mtu: UInt32) -> CNIResult {
    let link = lease.link
    return CNIResult(
      interfaces: [
        CNIResult.Interface(name: link.hostName, hardwareAddress: link.hostAddress, mtu: mtu),
        CNIResult.Interface(
          name: lease.attachment.interface, hardwareAddress: lease.hardwareAddress ?? link.podAddress, mtu: mtu,
          sandbox: request.namespace),
      ],
      addresses: lease.addresses.map {
        CNIResult.Address(address: $0, gateway: PodGateway.of($0.family), interface: 1)
      },
      routes: lease.addresses.map {
        CNIResult.Route(destination: .everything($0.family), gateway: PodGateway.of($0.family))
      },
      dns: request.dns)
  }
}
