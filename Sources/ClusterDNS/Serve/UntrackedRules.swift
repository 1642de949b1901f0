import Netlink

/// The table `inet skiff-dns`: queries to the node's own DNS addresses and their answers are not tracked, so they meet
/// no NAT, and leave no entry in the connection table.
///
/// A packet from a pod enters by prerouting and its answer leaves by output; a packet of the node itself passes both
/// hooks on its way out and in again, and so does its answer. Hence both directions stand in both chains.
enum UntrackedRules {
  static let table = NFTableName(.inet, "skiff-dns")

  struct Desired: Equatable {
    var chains: [NFChain]
    var rules: [NFRule]
  }

  static func plan(_ addresses: [ListenAddress]) -> Desired {
    // Before connection tracking, which stands at -200.
    let hooks: [(String, NFBaseChain.Hook)] = [("prerouting", .prerouting), ("output", .output)]
    let chains = hooks.map { name, hook in
      NFChain(name, in: table, base: NFBaseChain(.filter, hook: hook, priority: -300))
    }
    let served = addresses.filter { !$0.address.isLoopback && !$0.address.isUnspecified }
    var rules: [NFRule] = []
    for (chain, _) in hooks {
      for listen in served {
        for transport in [17, 6] as [UInt8] {
          for isQuery in [true, false] {
            rules.append(NFRule(in: chain, of: table, match(listen, transport, isQuery: isQuery) + [.notrack]))
          }
        }
      }
    }
    return Desired(chains: chains, rules: rules)
  }

  private static func match(_ listen: ListenAddress, _ transport: UInt8, isQuery: Bool) -> [NFExpression] {
    let family = listen.address.family
    return NFExpression.isFamily(family) + [
      isQuery ? .destination(family, into: 0) : .source(family, into: 0),
      .compare(0, .equal, listen.address.bytes),
      .meta(.transportProtocol, into: 0),
      .compare(0, .equal, [transport]),
      .payload(.transport, offset: isQuery ? 2 : 0, length: 2, into: 0),
      .compare(0, .equal, [UInt8(listen.port >> 8), UInt8(listen.port & 0xff)]),
    ]
  }

  /// What makes the kernel hold `desired`; empty where it does already.
  static func changes(_ desired: Desired, chains: [NFChain], rules: [NFRule]) -> NFBatch {
    let isRight =
      chains.count == desired.chains.count
      && desired.chains.allSatisfy { wanted in chains.contains { $0.hasSameDefinition(as: wanted) } }
      && rules.count == desired.rules.count
      && ["prerouting", "output"].allSatisfy { name in
        let held = rules.filter { $0.chain == name }
        let wanted = desired.rules.filter { $0.chain == name }
        return held.count == wanted.count && zip(held, wanted).allSatisfy { $0.hasSameDefinition(as: $1) }
      }
    if isRight { return NFBatch() }
    // Adding first makes the deletion of a table that may not be there safe; all of it happens at once.
    var batch = NFBatch([.addTable(NFTable(table)), .deleteTable(table), .addTable(NFTable(table))])
    for chain in desired.chains { batch.append(.addChain(chain)) }
    for rule in desired.rules { batch.append(.addRule(rule)) }
    return batch
  }

  /// Brings the kernel to `desired`. Returns whether anything was written.
  @discardableResult
  static func apply(_ desired: Desired, over connection: any NFTablesConnection) throws -> Bool {
    let batch = changes(
      desired, chains: try connection.chains(in: table), rules: try connection.rules(in: table))
    if batch.isEmpty { return false }
    try connection.commit(batch)
    return true
  }

  static func remove(over connection: any NFTablesConnection) throws {
    try connection.commit(NFBatch([.addTable(NFTable(table)), .deleteTable(table)]))
  }
}
