import CNetlink

/// A transaction that nftables has taken: the ruleset's new generation (`NFT_MSG_NEWGEN`, linux/netfilter/nf_tables.h).
public struct NFGeneration: Sendable, Hashable {
  /// Counts the transactions of the network namespace.
  public var number: UInt32
  /// The netlink socket that sent the transaction.
  public var portID: UInt32
  /// The thread that sent it, and the name that thread bears (at most 15 bytes).
  public var threadID: Int32
  public var threadName: String

  public init(number: UInt32, portID: UInt32, threadID: Int32, threadName: String) {
    self.number = number
    self.portID = portID
    self.threadID = threadID
    self.threadName = threadName
  }

  init?(_ message: Message) {
    guard message.type == Self.messageType, let number = message.attributes.first(NFTA_GEN_ID) else { return nil }
    self.init(
      number: number.u32, portID: message.portID,
      threadID: Int32(truncatingIfNeeded: message.attributes.first(NFTA_GEN_PROC_PID)?.number ?? 0),
      threadName: message.attributes.first(NFTA_GEN_PROC_NAME)?.string ?? "")
  }

  static let messageType = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(NFT_MSG_NEWGEN.rawValue)
}
