import KubeAPI
public import Netlink

/// So many pods of one node under so many NetworkPolicies, for benchmarks: from the state to the kernel, without an API
/// server.
///
/// Each policy selects one pod by a label, lets in one other pod on a port, and lets the pod out to the target and to a tenth
/// of all pods; each tenth one also names a block of addresses. So with ten policies a pod every pod has a profile and an
/// identity of its own.
public struct PolicyLoad: Sendable {
  private var programmer: PolicyProgrammer
  private let pods: [IPAddress]

  private static let namespaces = 10
  private static let tiers = 10

  /// - Parameters:
  ///   - pods: one address of each.
  ///   - target: of one more pod, which all may reach at `port`.
  public init(
    _ connection: any NFTablesConnection, policies: Int, pods: [IPAddress], target: IPAddress, port: UInt16
  ) {
    programmer = PolicyProgrammer(connection)
    self.pods = pods
    for index in 0..<Self.namespaces {
      programmer.planner.setNamespace("ns-\(index)", ["kubernetes.io/metadata.name": "ns-\(index)"])
    }
    for index in pods.indices { setPod(index, app: index, tier: index) }
    programmer.planner.setPod(
      ObjectKey(namespace: "ns-0", name: "target"),
      PolicyPod(namespace: "ns-0", labels: ["role": "target"], addresses: [target], isLocal: true))
    let isTarget = PodTerm(
      namespaces: .matching(.everything), pods: LabelQuery(labels: ["role": "target"]))
    let here = PortTerm.range(.tcp, port...port)
    for index in 0..<policies { setPolicy(index, isTarget, here) }
    guard policies > 0 else { return }
    let anyone = PodTerm(namespaces: .matching(.everything), pods: .everything)
    set(
      "target",
      PolicyDefinition(
        subject: PodTerm(namespaces: .named("ns-0"), pods: LabelQuery(labels: ["role": "target"])),
        ingress: [PolicyDefinition.Rule(peers: [.pods(anyone)], ports: [here])]), in: "ns-0")
  }

  private func namespace(_ index: Int) -> String { "ns-\(index % Self.namespaces)" }

  private mutating func setPod(_ index: Int, app: Int, tier: Int) {
    let namespace = namespace(index)
    programmer.planner.setPod(
      ObjectKey(namespace: namespace, name: "pod-\(index)"),
      PolicyPod(
        namespace: namespace, labels: ["app": "app-\(app)", "tier": "tier-\(tier % Self.tiers)"],
        addresses: [pods[index]], isLocal: true))
  }

  private mutating func setPolicy(_ index: Int, _ target: PodTerm, _ port: PortTerm) {
    let pod = index % pods.count
    let peer = (index * 7919 + 1) % pods.count
    func label(_ key: String, _ value: String) -> LabelQuery { LabelQuery(labels: [key: value]) }
    var ingress = [
      PolicyDefinition.Rule(
        peers: [.pods(PodTerm(namespaces: .matching(.everything), pods: label("app", "app-\(peer)")))],
        ports: [.range(.tcp, UInt16(8000 + index % 50)...UInt16(8000 + index % 50))])
    ]
    if index.isMultiple(of: 10) {
      let block = IPPrefix(IPAddress(v4: 0xC612_0000 | UInt32(index % 4096) << 4), length: 28)
      ingress.append(PolicyDefinition.Rule(peers: [.block(block, except: [])]))
    }
    set(
      "policy-\(index)",
      PolicyDefinition(
        subject: PodTerm(namespaces: .named(namespace(pod)), pods: label("app", "app-\(pod)")), ingress: ingress,
        egress: [
          PolicyDefinition.Rule(peers: [.pods(target)], ports: [port]),
          PolicyDefinition.Rule(
            peers: [
              .pods(PodTerm(namespaces: .matching(.everything), pods: label("tier", "tier-\(index % Self.tiers)")))
            ]),
        ]), in: namespace(pod))
  }

  private mutating func set(_ name: String, _ policy: PolicyDefinition, in namespace: String) {
    programmer.planner.setPolicy(
      PolicyName(isCluster: false, key: ObjectKey(namespace: namespace, name: name)), policy)
  }

  /// Reads the kernel and sends what differs.
  /// - Returns: elements that were written.
  public mutating func flush() throws -> Int { try programmer.flush().elements }

  /// Gives a pod other labels: another policy's subject and another's peer, and one tier for another. Every second time it
  /// gets its own back.
  /// - Returns: elements that were written.
  public mutating func changeLabels(_ round: Int) throws -> Int {
    let index = (round / 2 * 7919) % pods.count
    let other = (index + Self.namespaces) % pods.count
    if round.isMultiple(of: 2) {
      setPod(index, app: other, tier: index + 1)
    } else {
      setPod(index, app: index, tier: index)
    }
    return try programmer.flush().elements
  }

  /// Removes some of the elements that nothing refers to any more, as the agent does beside its work.
  /// - Returns: whether there are more.
  public mutating func removeLeftovers() throws -> Bool { try programmer.removeLeftovers() }

  /// Elements of the table.
  public var elements: Int { programmer.planner.elements.count }

  /// Lets packets past the table, or not, whatever is in it.
  public static func sleep(_ connection: any NFTablesConnection, _ isAsleep: Bool) throws {
    try connection.commit(NFBatch([.addTable(NFTable(PolicyRuleset.table, isDormant: isAsleep))]))
  }

  /// Removes the table.
  public static func remove(_ connection: any NFTablesConnection) throws { try PolicyProgrammer.cleanup(connection) }
}
