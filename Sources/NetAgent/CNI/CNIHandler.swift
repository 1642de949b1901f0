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
  }

  let state: Mutex<State>
  let journal: AddressJournal
  let network: PodNetwork
  let metrics: AgentMetrics
  let logger: Logger
  /// Calls for one container come one after the other; those for different containers seldom share a lock.
  private let turns: [Turn]

  private final class Turn: Sendable {
    let mutex = Mutex(())
  }

  init(
    ledger: AddressLedger, journal: AddressJournal, network: PodNetwork, metrics: AgentMetrics, logger: Logger
  ) {
    state = Mutex(State(ledger: ledger))
    self.journal = journal
    self.network = network
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
      try collect(keeping: try request.validAttachments())
      return nil
    case .version:
      let versions = CNIVersion.allCases.map { JSONValue.string($0.rawValue) }
      return ["cniVersion": .string(request.version.rawValue), "supportedVersions": .array(versions)]
    }
  }

  func exclusively<Result>(
    _ attachment: CNIRequest.Attachment, _ body: () throws(CNIError) -> Result
  ) throws(CNIError) -> Result {
    let turn = turns[Int(UInt(bitPattern: attachment.container.hashValue) % UInt(turns.count))]
    var result: Result?
    try turn.mutex.withLock { _ throws(CNIError) in result = try body() }
    guard let result else { throw CNIError(.kernel, "the call for \(attachment) did not run") }
    return result
  }

  // MARK: Verbs

  private func add(_ request: CNIRequest, _ logger: Logger) throws(CNIError) -> JSONValue {
    let path = request.namespace ?? ""
    let pod = try open(path)
    let plan = try servingPlan()
    let requested = try request.requestedAddresses()
    let hardwareAddress = try request.requestedHardwareAddress()
    guard pod != network.namespace else {
      throw CNIError(.invalidEnvironment, "CNI_NETNS is the node's own namespace", details: path)
    }
    guard try !network.hasInterface(request.attachment.interface, in: pod) else {
      throw CNIError(.exists, "interface \(request.attachment.interface) is in the pod already", details: path)
    }
    let (lease, ticket) = try reserve { (ledger) throws(CNIError) in
      // An ADD that was killed half-way keeps its address.
      if let lease = ledger.leases[request.attachment], lease.namespaceInode == pod.identifier.inode { return lease }
      return AddressLease(
        attachment: request.attachment, addresses: try ledger.propose(requested: requested), namespace: path,
        namespaceInode: pod.identifier.inode, pod: request.pod ?? "", hardwareAddress: hardwareAddress)
    }
    do throws(CNIError) {
      _ = try network.connect(lease, pod, mtu: plan.mtu, sources: plan.sources)
      try durable(ticket)
    } catch {
      _ = try? network.disconnect(lease.link)
      release(request.attachment)
      throw error
    }
    logger.debug("pod connected", metadata: ["addresses": "\(lease.addresses)", "link": "\(lease.link.hostName)"])
    return Self.result(lease, request, mtu: plan.mtu)
      .json(version: request.version, after: request.configuration["prevResult"])
  }

  private func delete(_ attachment: CNIRequest.Attachment) throws(CNIError) {
    // The link ends before its address is given to another pod.
    try network.disconnect(PodLink(attachment))
    release(attachment)
  }

  private func check(_ request: CNIRequest) throws(CNIError) {
    guard let lease = state.withLock({ $0.ledger.leases[request.attachment] }) else {
      throw CNIError(
        .unknownContainer, "\(request.attachment) is not known", details: "no ADD was made for it, or a DEL was")
    }
    try network.check(lease, try open(request.namespace ?? ""))
    let reported = request.configuration[path: "prevResult", "ips"]?.arrayValue ?? []
    let addresses = Set(
      reported.compactMap { item in
        item["address"]?.stringValue.flatMap { $0.split(separator: "/").first }.flatMap { IPAddress($0) }
      })
    for address in lease.addresses where !reported.isEmpty && !addresses.contains(address) {
      throw CNIError(.changed, "prevResult does not have the pod's address \(address)")
    }
  }

  private func status() throws(CNIError) {
    let (isServing, isExhausted) = state.withLock { ($0.isServing, $0.ledger.isExhausted) }
    guard isServing else {
      throw CNIError(.notAvailable, "the node's network is not ready", details: "no pod CIDR, or not yet programmed")
    }
    guard !isExhausted else { throw CNIError(.limited, "no pod address is free") }
  }

  private func collect(keeping valid: Set<CNIRequest.Attachment>) throws(CNIError) {
    let stale = state.withLock { $0.ledger.leases.keys.filter { !valid.contains($0) } }
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
      guard state.isServing else { throw CNIError(.tryAgainLater, "the node's network is not ready") }
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
    state.withLock { state in
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
      dns: request.configuration["dns"])
  }
}
