/// Where nftables objects are read and changed: the kernel (`NFTablesSocket`), or memory (`NFTablesMemory`).
public protocol NFTablesConnection: Sendable {
  /// Carries a batch out as one transaction.
  @discardableResult
  func commit(_ batch: NFBatch) throws(NFCommitError) -> NFCommitStatistics

  func tables() throws(NetlinkError) -> [NFTable]

  /// The chains of a table; none where there is no such table.
  func chains(in table: NFTableName) throws(NetlinkError) -> [NFChain]

  /// The rules of a table, those of a chain in their order.
  func rules(in table: NFTableName) throws(NetlinkError) -> [NFRule]

  /// The sets and maps of a table, except those with types that this library does not make.
  func sets(in table: NFTableName) throws(NetlinkError) -> [NFSet]

  func elements(of set: String, in table: NFTableName) throws(NetlinkError) -> [NFElement]

  /// How many transactions the network namespace has had. What was read between two equal answers was there all at once.
  func generation() throws(NetlinkError) -> UInt32

  /// The port that notifications of this connection's own changes carry.
  var portID: UInt32 { get }
}

/// What a transaction cost on the wire.
public struct NFCommitStatistics: Sendable, Hashable {
  public var messages: Int
  public var bytes: Int

  public init(messages: Int = 0, bytes: Int = 0) {
    self.messages = messages
    self.bytes = bytes
  }

  public static func += (left: inout Self, right: Self) {
    left.messages += right.messages
    left.bytes += right.bytes
  }
}
