import Glibc
import Testing

@testable import Netlink

/// A refused batch says which operation, which element and why: in memory as in the kernel.
@Suite(.namespaces) struct BatchErrorTests {
  private let table = NFTableName(.inet, "t")

  /// Each on its own, because a batch may leave something behind that it should not.
  private func connections() throws -> [any NFTablesConnection] {
    [NFTablesMemory(), try NetworkNamespace.make().tables()]
  }

  private let preparation: NFBatch

  init() {
    let key: [NFDataType] = [.ipv4Address]
    preparation = NFBatch([
      .addTable(NFTable(table)), .addChain(NFChain("used", in: table)), .addChain(NFChain("empty", in: table)),
      .addSet(NFSet("set", in: table, key: key)), .addSet(NFSet("small", in: table, key: key, size: 3)),
      .addSet(NFSet("values", in: table, key: key, content: .values([.mark]))),
      .addSet(NFSet("verdicts", in: table, key: key, content: .verdicts)),
      .addElements([NFElement([1, 0, 0, 0])], table, set: "set"),
      .addElements([NFElement([1, 0, 0, 0], data: .value([1, 0, 0, 0]))], table, set: "values"),
      .addElements([NFElement([1, 0, 0, 0], data: .verdict(.goto("used")))], table, set: "verdicts"),
      .addRule(
        NFRule(
          in: "empty", of: table,
          [
            .meta(.networkProtocol, into: 0), .compare(0, .equal, [2]),
            .payload(.network, offset: 12, length: 4, into: 0), .lookup(set: "set", key: 0),
          ])),
    ])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var operations: [NFBatch.Operation]
    var operation: Int
    var element: Int?
    var errno: Int32
    var text: String
  }

  private static func elements(_ numbers: UInt8...) -> [NFElement] { numbers.map { NFElement([$0, 0, 0, 0]) } }

  private static var cases: [Case] {
    let table = NFTableName(.inet, "t")
    func value(_ number: UInt8, _ value: UInt8) -> NFElement {
      NFElement([number, 0, 0, 0], data: .value([value, 0, 0, 0]))
    }
    return [
      Case(
        testDescription: "an element that is not there",
        operations: [.deleteElements(elements(1, 9, 8), table, set: "set")], operation: 0, element: 1, errno: ENOENT,
        text: "cannot delete element 0x09000000 of inet t set: ENOENT"),
      Case(
        testDescription: "another value under the same key, in the second operation",
        operations: [
          .addElements([value(5, 1)], table, set: "values"),
          .addElements([value(6, 1), value(1, 2)], table, set: "values"),
        ],
        operation: 1, element: 1, errno: EEXIST, text: "cannot add element 0x01000000 of inet t values: EEXIST"),
      Case(
        testDescription: "a verdict to a chain that is not there",
        operations: [.addElements([NFElement([7, 0, 0, 0], data: .verdict(.jump("none")))], table, set: "verdicts")],
        operation: 0, element: 0, errno: ENOENT, text: "cannot add element 0x07000000 of inet t verdicts: ENOENT"),
      Case(
        testDescription: "more elements than the set takes",
        operations: [.addElements(elements(1, 2, 3, 4), table, set: "small")], operation: 0, element: 3, errno: ENFILE,
        text: "cannot add element 0x04000000 of inet t small: ENFILE"),
      Case(
        testDescription: "a key of another length",
        operations: [.addElements([NFElement([1, 2])], table, set: "set")], operation: 0, element: 0, errno: EINVAL,
        text: "cannot add element 0x0102 of inet t set: EINVAL"),
      Case(
        testDescription: "a value in a set", operations: [.addElements([value(9, 9)], table, set: "set")], operation: 0,
        element: 0, errno: EINVAL, text: "cannot add element 0x09000000 of inet t set: EINVAL"),
      Case(
        testDescription: "no value in a map", operations: [.addElements(elements(9), table, set: "values")],
        operation: 0, element: 0, errno: EINVAL, text: "cannot add element 0x09000000 of inet t values: EINVAL"),
      Case(
        testDescription: "a set that is not there", operations: [.addElements(elements(1, 2), table, set: "none")],
        operation: 0, element: nil, errno: ENOENT, text: "cannot add element 2 elements of inet t none: ENOENT"),
      Case(
        testDescription: "a chain that a map leads to", operations: [.deleteChain(table, "used")], operation: 0,
        element: nil, errno: EBUSY, text: "cannot delete chain inet t used: EBUSY"),
      Case(
        testDescription: "a set that a rule looks into", operations: [.deleteSet(table, "set")], operation: 0,
        element: nil, errno: EBUSY, text: "cannot delete set inet t set: EBUSY"),
      Case(
        testDescription: "a rule with a set that is not there",
        operations: [.addRule(NFRule(in: "empty", of: table, [.lookup(set: "none", key: 0)]))], operation: 0,
        element: nil, errno: ENOENT, text: "cannot add rule inet t empty [lookup]: ENOENT"),
      Case(
        testDescription: "a rule in a chain that is not there",
        operations: [.addRule(NFRule(in: "none", of: table, [.counter()]))], operation: 0, element: nil, errno: ENOENT,
        text: "cannot add rule inet t none [counter]: ENOENT"),
      Case(
        testDescription: "a table that is not there", operations: [.deleteTable(NFTableName(.ipv6, "none"))],
        operation: 0, element: nil, errno: ENOENT, text: "cannot delete table ip6 none: ENOENT"),
      Case(
        testDescription: "a set with too many parts",
        operations: [.addSet(NFSet("wide", in: table, key: Array(repeating: .mark, count: 6)))], operation: 0,
        element: nil, errno: EINVAL, text: "cannot add set inet t wide: EINVAL"),
      Case(
        testDescription: "another set of the same name",
        operations: [.addSet(NFSet("set", in: table, key: [.ipv6Address]))], operation: 0, element: nil, errno: EEXIST,
        text: "cannot add set inet t set: EEXIST"),
    ]
  }

  @Test(arguments: Self.cases) func theOperationAtFaultIsNamed(_ test: Case) throws {
    for connection in try connections() {
      try connection.commit(preparation)
      let before = try contents(connection)
      let error = try #require(throws: NFCommitError.self) { try connection.commit(NFBatch(test.operations)) }
      let failure = try #require(error.failures.first)
      #expect(error.failures.count == 1, "\(error)")
      #expect(failure.operation == test.operation, "\(connection)")
      #expect(failure.element == test.element, "\(connection): \(error)")
      #expect(failure.error.errno == test.errno, "\(connection): \(error)")
      #expect(error.description.hasPrefix(test.text), "\(connection): \(error)")
      // None of it was done.
      #expect(try contents(connection) == before)
    }
  }

  @Test func everyFailureOfABatchIsSaid() throws {
    for connection in try connections() {
      try connection.commit(preparation)
      let batch = NFBatch([
        .deleteChain(table, "none"), .addElements(Self.elements(1, 2), table, set: "set"),
        .deleteElements(Self.elements(3), table, set: "set"), .deleteSet(table, "set"),
      ])
      let error = try #require(throws: NFCommitError.self) { try connection.commit(batch) }
      #expect(error.failures.map(\.operation) == [0, 2, 3])
      #expect(error.failures.map(\.element) == [nil, 0, nil])
      #expect(error.failures.map(\.error.errno) == [ENOENT, ENOENT, EBUSY])
      #expect(error.description.hasSuffix("(and 2 more)"))
    }
  }

  /// Elements are spread over several messages; the number counts through all of them.
  @Test func theElementIsNamedAlsoFarInside() throws {
    for connection in try connections() {
      let set = NFSet("set", in: table, key: [.ipv6Address])
      let elements = (0..<5000).map { NFElement(IPAddress(v4: $0).bytes + [UInt8](repeating: 0, count: 12)) }
      try connection.commit(
        NFBatch([.addTable(NFTable(table)), .addSet(set), .addElements(elements, table, set: "set")]))
      var wrong = elements
      wrong.insert(NFElement([UInt8](repeating: 0xff, count: 16)), at: 4321)
      let error = try #require(throws: NFCommitError.self) {
        try connection.commit(NFBatch([.addTable(NFTable(table)), .deleteElements(wrong, table, set: "set")]))
      }
      #expect(error.failures.first?.operation == 1)
      #expect(error.failures.first?.element == 4321)
    }
  }

  private func contents(_ connection: any NFTablesConnection) throws -> [String: Set<[UInt8]>] {
    var contents: [String: Set<[UInt8]>] = [:]
    for set in try connection.sets(in: table) {
      contents[set.name] = Set(try connection.elements(of: set.name, in: table).map(\.key))
    }
    return contents
  }
}
