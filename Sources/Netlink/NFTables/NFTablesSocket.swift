import CNetlink
import Glibc

/// nftables of the network namespace that the socket is made in.
public final class NFTablesSocket: NFTablesConnection {
  private let socket: NetfilterSocket

  public init() throws(NetlinkError) { socket = try NetfilterSocket() }

  public var portID: UInt32 { socket.portID }

  private static func type(_ message: nf_tables_msg_types) -> UInt16 {
    UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(message.rawValue)
  }

  @discardableResult
  public func commit(_ batch: NFBatch) throws(NFCommitError) -> NFCommitStatistics {
    try batch.validate()
    let outcome: (NFCommitStatistics, [NFCommitError.Failure])
    do throws(NetlinkError) {
      outcome = try socket.converse { (state) throws(NetlinkError) in
        let first = state.nextSequence()
        let encoder = NFBatchEncoder(batch.operations, firstSequence: first)
        guard !encoder.pieces.isEmpty else { return (NFCommitStatistics(), []) }
        for _ in 0...encoder.pieces.count { _ = state.nextSequence() }
        try socket.send(encoder.buffer.bytes, &state)
        let failures = try answers(to: encoder, batch)
        return (NFCommitStatistics(messages: encoder.pieces.count + 2, bytes: encoder.buffer.count), failures)
      }
    } catch {
      throw NFCommitError(error)
    }
    guard outcome.1.isEmpty else { throw NFCommitError(failures: outcome.1) }
    return outcome.0
  }

  /// Reads refusals, and the acknowledgement of the last message without which nothing was done.
  private func answers(
    to encoder: NFBatchEncoder, _ batch: NFBatch
  ) throws(NetlinkError) -> [NFCommitError.Failure] {
    var failures: [NFCommitError.Failure] = []
    var acknowledged = false
    try socket.receive { (message) throws(NetlinkError) in
      guard Int32(message.type) == NLMSG_ERROR else { return true }
      let code = message.errno
      if code == 0 {
        if message.sequence == encoder.lastSequence { acknowledged = true }
        return true
      }
      guard let piece = encoder.piece(message.sequence) else {
        let error = NetlinkError(
          call: "commit", object: "nftables batch", errno: code, kernelMessage: message.extendedText)
        failures.append(NFCommitError.Failure(operation: nil, error: error))
        return true
      }
      var element: Int?
      if let offset = message.extendedOffset, let found = piece.elementOffsets.lastIndex(where: { $0 <= offset }) {
        element = piece.firstElement + found
      }
      let subject = batch.operations[piece.operation].subject(element: element)
      let error = NetlinkError(
        call: subject.call, object: subject.object, errno: code, kernelMessage: message.extendedText)
      failures.append(NFCommitError.Failure(operation: piece.operation, element: element, error: error))
      return true
    }
    if failures.isEmpty, !acknowledged {
      throw NetlinkError(call: "commit", object: "nftables batch", errno: EPROTO, advice: "the kernel did not answer")
    }
    return failures
  }

  public func generation() throws(NetlinkError) -> UInt32 {
    var generation: NFGeneration?
    try socket.request("get generation", "of the ruleset", Self.type(NFT_MSG_GETGEN), family: 0, attributes: { _ in }) {
      message in
      if let answer = NFGeneration(message) { generation = answer }
    }
    guard let generation else {
      throw NetlinkError(
        call: "get", object: "generation of the ruleset", errno: EPROTO, advice: "the kernel did not say")
    }
    return generation.number
  }

  public func tables() throws(NetlinkError) -> [NFTable] {
    var tables: [NFTable] = []
    try socket.dumpConsistently("tables", Self.type(NFT_MSG_GETTABLE), family: 0) {
      tables = []
    } _: { message in
      if let table = NFTable(message) { tables.append(table) }
    }
    return tables
  }

  public func chains(in table: NFTableName) throws(NetlinkError) -> [NFChain] {
    var chains: [NFChain] = []
    try socket.dumpConsistently("chains", Self.type(NFT_MSG_GETCHAIN), family: table.family.rawValue) {
      chains = []
    } _: { message in
      if let chain = NFChain(message), chain.table == table { chains.append(chain) }
    }
    return chains
  }

  public func rules(in table: NFTableName) throws(NetlinkError) -> [NFRule] {
    var rules: [NFRule] = []
    try socket.dumpConsistently(
      "rules of \(table)", Self.type(NFT_MSG_GETRULE), family: table.family.rawValue,
      attributes: { $0.put(NFTA_RULE_TABLE, table.name) }, reset: { rules = [] }
    ) { message in
      if let rule = NFRule(message), rule.table == table { rules.append(rule) }
    }
    return rules
  }

  public func sets(in table: NFTableName) throws(NetlinkError) -> [NFSet] {
    var sets: [NFSet] = []
    do throws(NetlinkError) {
      try socket.dumpConsistently(
        "sets of \(table)", Self.type(NFT_MSG_GETSET), family: table.family.rawValue,
        attributes: { $0.put(NFTA_SET_TABLE, table.name) }, reset: { sets = [] }
      ) { message in
        if let set = NFSet(message), set.table == table { sets.append(set) }
      }
    } catch {
      // Sets are listed within a table only; without the table there are none.
      guard error.errno == ENOENT else { throw error }
      return []
    }
    return sets
  }

  public func elements(of set: String, in table: NFTableName) throws(NetlinkError) -> [NFElement] {
    var elements: [NFElement] = []
    try socket.dumpConsistently(
      "elements of \(table) \(set)", Self.type(NFT_MSG_GETSETELEM), family: table.family.rawValue,
      attributes: {
        $0.put(NFTA_SET_ELEM_LIST_TABLE, table.name)
        $0.put(NFTA_SET_ELEM_LIST_SET, set)
      }, reset: { elements = [] }
    ) { message in
      guard let list = message.attributes.first(NFTA_SET_ELEM_LIST_ELEMENTS) else { return }
      for entry in list.nested {
        if let element = NFElement(entry.nested) { elements.append(element) }
      }
    }
    return elements
  }
}
