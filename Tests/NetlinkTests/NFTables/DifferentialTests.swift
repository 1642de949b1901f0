import Glibc
import Testing

@testable import Netlink

/// Random batches have the same outcome in memory and in the kernel, and leave the same behind.
@Suite(.namespaces) struct DifferentialTests {
  private static let table = NFTableName(.inet, "t")

  /// An operation of which only the handle of its rule differs between the two.
  private enum Step: CustomStringConvertible {
    case plain(NFBatch.Operation)
    /// Deletes the rule at this place of the chain, or a handle that no rule has.
    case deleteRule(chain: String, place: Int)

    var description: String {
      switch self {
      case .plain(let operation):
        let subject = operation.subject(element: nil)
        return "\(subject.call) \(subject.object)"
      case .deleteRule(let chain, let place): return "delete rule \(chain) \(place)"
      }
    }
  }

  @Test(arguments: 1...4) func memoryDoesAsTheKernelDoes(seed: UInt64) throws {
    var random = Generator(seed: seed)
    let memory = NFTablesMemory()
    let kernel = try NetworkNamespace.make().tables()
    var accepted = 0
    for round in 0..<120 {
      // A table that is there most of the time, or most batches would be refused.
      var steps: [Step] = random.once(in: 8) ? [] : [.plain(.addTable(NFTable(Self.table)))]
      for _ in 0..<random.number(1...5) { steps.append(Self.step(&random)) }
      let wanted = try commit(steps, to: kernel)
      let outcome = try commit(steps, to: memory)
      #expect(outcome == wanted, "round \(round): \(steps)")
      if wanted.isEmpty { accepted += 1 }
      let isSame = try content(memory) == content(kernel)
      #expect(isSame, "round \(round): \(steps)")
      guard outcome == wanted, isSame else { return }
    }
    // Neither all nor nothing goes through.
    #expect((10...110).contains(accepted), "\(accepted)")
  }

  /// What failed: operation, element, error number.
  private func commit(_ steps: [Step], to connection: any NFTablesConnection) throws -> [[Int]] {
    let rules = try connection.rules(in: Self.table)
    let operations = steps.map { step -> NFBatch.Operation in
      switch step {
      case .plain(let operation): return operation
      case .deleteRule(let chain, let place):
        let held = rules.filter { $0.chain == chain }
        let handle = held.indices.contains(place) ? held[place].handle : nil
        return .deleteRule(Self.table, chain: chain, handle: handle ?? 1 << 40)
      }
    }
    do {
      try connection.commit(NFBatch(operations))
      return []
    } catch {
      return error.failures.map { [$0.operation ?? -1, $0.element ?? -1, Int($0.error.errno)] }
    }
  }

  private struct Content: Equatable {
    var chains: Set<NFChain>
    var rules: [String: [[NFExpression]]]
    var sets: Set<NFSet>
    var elements: [String: Set<NFElement>]
  }

  private func content(_ connection: any NFTablesConnection) throws -> Content {
    var content = Content(chains: [], rules: [:], sets: [], elements: [:])
    for var chain in try connection.chains(in: Self.table) {
      chain.handle = nil
      content.chains.insert(chain)
    }
    for rule in try connection.rules(in: Self.table) {
      content.rules[rule.chain, default: []].append(rule.expressions.map(\.withoutCounts))
    }
    for var set in try connection.sets(in: Self.table) {
      set.handle = nil
      content.sets.insert(set)
      content.elements[set.name] = Set(try connection.elements(of: set.name, in: Self.table))
    }
    return content
  }

  // MARK: Steps

  private static let chains = ["a", "b", "c"]
  private static let sets = ["keys", "small", "values", "verdicts"]

  /// Jumps lead from earlier to later chains only: the kernel looks for loops, memory does not.
  private static func verdict(from chain: String?, _ random: inout Generator) -> NFVerdict {
    let targets = chain.map { chain in chains.filter { $0 > chain } } ?? chains
    guard !targets.isEmpty, random.once(in: 2) else { return random.pick([.accept, .drop, .return]) }
    return random.once(in: 2) ? .jump(random.pick(targets)) : .goto(random.pick(targets))
  }

  private static func step(_ random: inout Generator) -> Step {
    let chain = random.pick(chains)
    let set = random.pick(sets)
    switch random.number(0...19) {
    case 0...3: return .plain(.addChain(NFChain(chain, in: table)))
    case 4: return .plain(.deleteChain(table, chain))
    case 5: return .plain(.flushChain(table, chain))
    case 6...7: return .plain(.addRule(rule(in: chain, &random)))
    case 8: return .deleteRule(chain: chain, place: random.number(0...2))
    case 9...11: return .plain(.addSet(definition(of: set, &random)))
    case 12: return .plain(.deleteSet(table, set))
    case 13: return .plain(.flushSet(table, set))
    case 14...16: return .plain(.addElements(elements(of: set, &random), table, set: set))
    case 17...18: return .plain(.deleteElements(elements(of: set, &random), table, set: set))
    default:
      switch random.number(0...3) {
      case 0: return .plain(.deleteTable(table))
      case 1:
        let base = NFBaseChain(.filter, hook: .input, priority: 0, policy: random.pick([.accept, .drop]))
        return .plain(.addChain(NFChain("base", in: table, base: base)))
      case 2: return .plain(.addChain(NFChain(chain, in: table, base: NFBaseChain(.filter, hook: .input, priority: 0))))
      default: return .plain(.deleteChain(table, "base"))
      }
    }
  }

  private static func rule(in chain: String, _ random: inout Generator) -> NFRule {
    var expressions: [NFExpression] = [.meta(.mark, into: 0)]
    switch random.number(0...3) {
    case 0: expressions.append(.lookup(set: random.pick(["keys", "small"]), key: 0))
    case 1: expressions.append(.lookup(set: "values", key: 0, into: 1))
    // A chain that a verdict map may lead to is not to look into it: that would be a loop.
    case 2 where chain == "base": expressions.append(.verdictMap("verdicts", key: 0))
    case 2: break
    default: expressions.append(.verdict(verdict(from: chain, &random)))
    }
    return NFRule(in: random.once(in: 8) ? "base" : chain, of: table, expressions)
  }

  private static func definition(of set: String, _ random: inout Generator) -> NFSet {
    let key: [NFDataType] = random.once(in: 12) ? [.inetService] : [.mark]
    return switch set {
    case "small": NFSet(set, in: table, key: key, size: 3)
    case "values": NFSet(set, in: table, key: key, content: .values([.inetService]))
    case "verdicts": NFSet(set, in: table, key: key, content: .verdicts)
    default: NFSet(set, in: table, key: key)
    }
  }

  private static func elements(of set: String, _ random: inout Generator) -> [NFElement] {
    (0..<random.number(0...4)).map { _ in
      let key = random.once(in: 20) ? random.bytes(2) : [UInt8(random.number(1...5)), 0, 0, 0]
      switch random.once(in: 20) ? "keys" : set {
      case "values": return NFElement(key, data: .value([0, UInt8(random.number(1...2))]))
      case "verdicts": return NFElement(key, data: .verdict(verdict(from: nil, &random)))
      default: return NFElement(key)
      }
    }
  }
}
