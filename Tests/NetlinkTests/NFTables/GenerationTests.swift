import Glibc
import Netlink
import Testing

@Suite(.namespaces)
struct GenerationTests {
  @Test func everyTransactionIsToldOnce() throws {
    let namespace = try NetworkNamespace.make()
    let (listener, socket, thread) = try namespace.run { () throws -> (NFGenerationListener, NFTablesSocket, Int32) in
      let (listener, socket) = (try NFGenerationListener(), try NFTablesSocket())
      // Refused: there is no such table. Nothing is told of it.
      #expect(throws: NFCommitError.self) {
        try socket.commit(NFBatch([.deleteTable(NFTableName(.inet, "missing"))]))
      }
      for name in ["a", "b"] { try socket.commit(NFBatch([.addTable(NFTable(NFTableName(.inet, name)))])) }
      return (listener, socket, try ownThread())
    }
    var generations: [NFGeneration] = []
    while generations.count < 2 {
      let more = try listener.wait(milliseconds: 10_000)
      try #require(!more.isEmpty, "two transactions are told")
      generations += more
    }
    #expect(generations.map(\.portID) == [socket.portID, socket.portID])
    #expect(generations.map(\.threadID) == [thread, thread])
    #expect(generations[1].number == generations[0].number + 1)
    #expect(try listener.wait(milliseconds: 0).isEmpty)
  }

  @Test func otherNamespacesAreNotHeard() throws {
    let (here, there) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    let listener = try here.run { () throws -> NFGenerationListener in try NFGenerationListener() }
    try there.run { () throws -> Void in
      try NFTablesSocket().commit(NFBatch([.addTable(NFTable(NFTableName(.inet, "a")))]))
    }
    #expect(try listener.wait(milliseconds: 0).isEmpty)
  }

  /// The id of the calling thread: the last part of where /proc/thread-self leads.
  private func ownThread() throws -> Int32 {
    var buffer = [CChar](repeating: 0, count: 64)
    try #require(readlink("/proc/thread-self", &buffer, buffer.count - 1) > 0)
    let path = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try #require(path.split(separator: "/").last.flatMap { Int32($0) })
  }
}
