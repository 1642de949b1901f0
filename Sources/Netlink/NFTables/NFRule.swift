import CNetlink

/// A rule: expressions that are evaluated in order until one does not match.
public struct NFRule: Hashable, Sendable {
  public var table: NFTableName
  public var chain: String
  public var expressions: [NFExpression]
  /// At most 127 bytes; more than that is cut.
  public var comment: String?
  /// The kernel's number for it, in what was read. It names the rule to be deleted.
  public var handle: UInt64?

  public init(in chain: String, of table: NFTableName, comment: String? = nil, _ expressions: [NFExpression]) {
    self.table = table
    self.chain = chain
    self.comment = comment.map(NFUserData.fitting)
    self.expressions = expressions
  }

  func encode(into message: inout MessageBuffer) {
    message.put(NFTA_RULE_TABLE, table.name)
    message.put(NFTA_RULE_CHAIN, chain)
    message.nest(NFTA_RULE_EXPRESSIONS) { list in
      for expression in expressions { list.nest(NFTA_LIST_ELEM) { expression.encode(into: &$0) } }
    }
    if let comment { message.put(NFTA_RULE_USERDATA, NFUserData.comment(comment, type: 0)) }
  }

  init?(_ message: Message) {
    let attributes = message.attributes
    guard let family = NFFamily(rawValue: message.family), let table = attributes.first(NFTA_RULE_TABLE)?.string,
      let chain = attributes.first(NFTA_RULE_CHAIN)?.string
    else { return nil }
    let expressions = attributes.first(NFTA_RULE_EXPRESSIONS)?.nested.map { NFExpression($0.nested) } ?? []
    self.init(in: chain, of: NFTableName(family, table), expressions)
    comment = attributes.first(NFTA_RULE_USERDATA).flatMap { NFUserData.comment(in: $0.bytes, type: 0) }
    handle = attributes.first(NFTA_RULE_HANDLE)?.number
  }

  /// Packets that its counters had counted when it was read.
  public var countedPackets: UInt64 {
    expressions.reduce(0) { sum, expression in
      if case .counter(let packets, _) = expression { sum + packets } else { sum }
    }
  }

  /// Whether it does the same in the same place. Counters' values and handles do not matter.
  public func hasSameDefinition(as other: NFRule) -> Bool {
    table == other.table && chain == other.chain && comment == other.comment
      && expressions.map(\.withoutCounts) == other.expressions.map(\.withoutCounts)
  }
}
