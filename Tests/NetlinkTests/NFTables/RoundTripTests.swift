import CNetlink
import Testing

@testable import Netlink

/// What is written is read as it was: thousands of random values of each type, with a seed.
@Suite struct RoundTripTests {
  /// Writes attributes and gives them to a reader.
  private func reading<Value>(_ write: (inout MessageBuffer) -> Void, _ read: (Attributes) -> Value) -> Value {
    var buffer = MessageBuffer()
    write(&buffer)
    return buffer.bytes.withUnsafeBytes { read(Attributes($0)) }
  }

  /// Writes a batch and reads each message between its beginning and its end.
  private func reading<Value>(_ operations: [NFBatch.Operation], _ read: (Message) -> Value) -> [Value] {
    let encoder = NFBatchEncoder(operations, firstSequence: 7)
    return encoder.buffer.bytes.withUnsafeBytes { Messages($0).dropFirst().dropLast().map(read) }
  }

  /// A number for each case. A case that is new does not compile here until the generator makes it too.
  private func number(_ expression: NFExpression) -> Int {
    switch expression {
    case .payload: 0
    case .meta: 1
    case .setMeta: 2
    case .conntrack: 3
    case .setConntrack: 4
    case .compare: 5
    case .range: 6
    case .bitwise: 7
    case .byteOrder: 8
    case .lookup: 9
    case .verdictMap: 10
    case .dynset: 11
    case .immediate: 12
    case .verdict: 13
    case .reject: 14
    case .masquerade: 15
    case .nat: 16
    case .redirect: 17
    case .numgen: 18
    case .fib: 19
    case .counter: 20
    case .limit: 21
    case .notrack: 22
    case .log: 23
    case .unknown: 24
    }
  }

  @Test func everyExpression() {
    var random = Generator(seed: 1)
    var seen: Set<Int> = []
    for _ in 0..<4000 {
      let expression = random.expression()
      seen.insert(number(expression))
      #expect(reading({ expression.encode(into: &$0) }, { NFExpression($0) }) == expression)
    }
    #expect(seen == Set(0...24))
  }

  @Test func everyVerdictAndDatum() {
    var random = Generator(seed: 2)
    for _ in 0..<500 {
      let (verdict, data) = (random.verdict(), random.data())
      #expect(
        reading({ verdict.encode(into: &$0) }, { $0.first(NFTA_DATA_VERDICT).flatMap { NFVerdict($0.nested) } })
          == verdict)
      #expect(reading({ data.encode(into: &$0) }, { NFData($0) }) == data)
    }
  }

  @Test func elements() {
    var random = Generator(seed: 3)
    for _ in 0..<1000 {
      let element = random.element()
      #expect(reading({ element.encode(into: &$0) }, { NFElement($0) }) == element)
    }
  }

  @Test func sets() {
    var random = Generator(seed: 4)
    for _ in 0..<1000 {
      let set = random.set()
      #expect(reading([.addSet(set)], { NFSet($0) }) == [set])
    }
  }

  @Test func chains() {
    var random = Generator(seed: 5)
    for _ in 0..<500 {
      let chain = random.chain()
      #expect(reading([.addChain(chain)], { NFChain($0) }) == [chain])
    }
  }

  @Test func rules() {
    var random = Generator(seed: 6)
    for _ in 0..<500 {
      let rule = random.rule()
      #expect(reading([.addRule(rule)], { NFRule($0) }) == [rule])
    }
  }

  @Test func tables() {
    var random = Generator(seed: 7)
    for _ in 0..<200 {
      let table = random.table()
      #expect(reading([.addTable(table)], { NFTable($0) }) == [table])
    }
  }

  @Test func aListOfElementsIsSplitAndNoneIsLost() {
    var random = Generator(seed: 8)
    let elements = (0..<3000).map { _ in NFElement(random.bytes(32), data: .value(random.bytes(20))) }
    let name = NFTableName(.inet, "t")
    let parts = reading([.addElements(elements, name, set: "s")]) { message in
      #expect(message.bytes.count < 65_536)
      return message.attributes.first(NFTA_SET_ELEM_LIST_ELEMENTS)?.nested.map { NFElement($0.nested) } ?? []
    }
    #expect(parts.count > 1)
    #expect(parts.flatMap { $0 } == elements)
  }

  /// nft keeps a comment's length in a byte and takes 128 bytes; what would not fit is cut between characters.
  @Test func aLongCommentIsCutOnceAndForAll() {
    let name = NFTableName(.inet, "t")
    for text in [String(repeating: "ü", count: 100), String(repeating: "x", count: 126) + "日本", "日"] {
      let rule = NFRule(in: "c", of: name, comment: text, [.notrack])
      let read = reading([.addRule(rule)], { NFRule($0) })
      #expect(read == [rule])
      #expect(rule.comment.map { text.hasPrefix($0) && $0.utf8.count <= 127 } == true)
    }
  }

  @Test func moreThanFiveTypesHaveNoNumber() {
    let name = NFTableName(.inet, "t")
    let five = NFSet("s", in: name, key: Array(repeating: .inetService, count: 5))
    let six = NFSet("s", in: name, key: Array(repeating: .inetService, count: 6))
    #expect(throws: Never.self) { try five.validate() }
    #expect(throws: NetlinkError.self) { try six.validate() }
    #expect([NFDataType](number: 0) == nil)
  }
}
