import CNetlink

/// A batch as the bytes of one datagram, with what is needed to say which operation a refusal is about.
struct NFBatchEncoder {
  struct Piece {
    let operation: Int
    /// The first of the operation's elements in this message.
    let firstElement: Int
    /// Where in the message each element begins.
    let elementOffsets: [Int]
  }

  private(set) var buffer = MessageBuffer()
  private(set) var pieces: [Piece] = []
  private let firstSequence: UInt32
  private var setID: UInt32 = 0

  /// An attribute holds at most 65,535 bytes; an element at most some 300.
  private static let listLimit = 60_000

  init(_ operations: [NFBatch.Operation], firstSequence: UInt32) {
    self.firstSequence = firstSequence
    control(NFNL_MSG_BATCH_BEGIN, firstSequence)
    for (index, operation) in operations.enumerated() { add(operation, index) }
    acknowledgeLast()
    control(NFNL_MSG_BATCH_END, firstSequence &+ UInt32(pieces.count) &+ 1)
  }

  var lastSequence: UInt32 { firstSequence &+ UInt32(pieces.count) }

  /// The message that a sequence number belongs to.
  func piece(_ sequence: UInt32) -> Piece? {
    let index = Int(sequence &- firstSequence) - 1
    return pieces.indices.contains(index) ? pieces[index] : nil
  }

  private var lastStart = 0

  private mutating func control(_ type: Int32, _ sequence: UInt32) {
    let start = buffer.beginMessage(
      UInt16(type), flags: UInt16(NLM_F_REQUEST), sequence: sequence, family: 0,
      resource: UInt16(NFNL_SUBSYS_NFTABLES))
    buffer.endMessage(start)
  }

  private mutating func acknowledgeLast() {
    guard !pieces.isEmpty else { return }
    buffer.addFlags(UInt16(NLM_F_ACK), toMessageAt: lastStart)
  }

  private mutating func message(
    _ type: nf_tables_msg_types, _ table: NFTableName, _ operation: Int, flags: Int32 = 0,
    _ body: (inout MessageBuffer) -> Void
  ) {
    pieces.append(Piece(operation: operation, firstElement: 0, elementOffsets: []))
    lastStart = begin(type, table, flags)
    body(&buffer)
    buffer.endMessage(lastStart)
  }

  private mutating func begin(_ type: nf_tables_msg_types, _ table: NFTableName, _ flags: Int32) -> Int {
    buffer.beginMessage(
      UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue), flags: UInt16(NLM_F_REQUEST | flags),
      sequence: lastSequence, family: table.family.rawValue)
  }

  private mutating func add(_ operation: NFBatch.Operation, _ index: Int) {
    switch operation {
    case .addTable(let table):
      message(NFT_MSG_NEWTABLE, table.name, index, flags: NLM_F_CREATE) { table.encode(into: &$0) }
    case .deleteTable(let name):
      message(NFT_MSG_DELTABLE, name, index) { $0.put(NFTA_TABLE_NAME, name.name) }
    case .addChain(let chain):
      message(NFT_MSG_NEWCHAIN, chain.table, index, flags: NLM_F_CREATE) { chain.encode(into: &$0) }
    case .deleteChain(let table, let name):
      message(NFT_MSG_DELCHAIN, table, index) {
        $0.put(NFTA_CHAIN_TABLE, table.name)
        $0.put(NFTA_CHAIN_NAME, name)
      }
    case .flushChain(let table, let name):
      message(NFT_MSG_DELRULE, table, index) {
        $0.put(NFTA_RULE_TABLE, table.name)
        $0.put(NFTA_RULE_CHAIN, name)
      }
    case .addRule(let rule):
      message(NFT_MSG_NEWRULE, rule.table, index, flags: NLM_F_CREATE | NLM_F_APPEND) { rule.encode(into: &$0) }
    case .deleteRule(let table, let chain, let handle):
      message(NFT_MSG_DELRULE, table, index) {
        $0.put(NFTA_RULE_TABLE, table.name)
        $0.put(NFTA_RULE_CHAIN, chain)
        $0.put(NFTA_RULE_HANDLE, handle)
      }
    case .addSet(let set):
      setID += 1
      let id = setID
      message(NFT_MSG_NEWSET, set.table, index, flags: NLM_F_CREATE) { set.encode(into: &$0, id: id) }
    case .deleteSet(let table, let name):
      message(NFT_MSG_DELSET, table, index) {
        $0.put(NFTA_SET_TABLE, table.name)
        $0.put(NFTA_SET_NAME, name)
      }
    case .flushSet(let table, let name):
      // A deletion that names no element deletes all.
      message(NFT_MSG_DELSETELEM, table, index) {
        $0.put(NFTA_SET_ELEM_LIST_TABLE, table.name)
        $0.put(NFTA_SET_ELEM_LIST_SET, name)
      }
    case .addElements(let elements, let table, let set):
      add(elements, NFT_MSG_NEWSETELEM, table, set, index, flags: NLM_F_CREATE)
    case .deleteElements(let elements, let table, let set):
      add(elements, NFT_MSG_DELSETELEM, table, set, index, flags: 0)
    }
  }

  private mutating func add(
    _ elements: [NFElement], _ type: nf_tables_msg_types, _ table: NFTableName, _ set: String, _ index: Int,
    flags: Int32
  ) {
    var next = 0
    while next < elements.count {
      let first = next
      var offsets: [Int] = []
      let sequence = lastSequence &+ 1
      let start = buffer.beginMessage(
        UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(type.rawValue), flags: UInt16(NLM_F_REQUEST | flags),
        sequence: sequence, family: table.family.rawValue)
      buffer.put(NFTA_SET_ELEM_LIST_TABLE, table.name)
      buffer.put(NFTA_SET_ELEM_LIST_SET, set)
      let list = buffer.beginNest(NFTA_SET_ELEM_LIST_ELEMENTS)
      while next < elements.count, buffer.count - list < Self.listLimit {
        offsets.append(buffer.count - start)
        let entry = buffer.beginNest(NFTA_LIST_ELEM)
        elements[next].encode(into: &buffer)
        buffer.endNest(entry)
        next += 1
      }
      buffer.endNest(list)
      buffer.endMessage(start)
      lastStart = start
      pieces.append(Piece(operation: index, firstElement: first, elementOffsets: offsets))
    }
  }
}
