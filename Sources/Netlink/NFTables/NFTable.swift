import CNetlink

/// The packets that a table sees.
public enum NFFamily: UInt8, Hashable, Sendable {
  case inet = 1
  case ipv4 = 2
  case arp = 3
  case netdev = 5
  case bridge = 7
  case ipv6 = 10

  /// As nft writes it.
  public var name: String {
    switch self {
    case .inet: "inet"
    case .ipv4: "ip"
    case .arp: "arp"
    case .netdev: "netdev"
    case .bridge: "bridge"
    case .ipv6: "ip6"
    }
  }
}

/// What names a table.
public struct NFTableName: Hashable, Sendable, CustomStringConvertible {
  public var family: NFFamily
  public var name: String

  public init(_ family: NFFamily, _ name: String) {
    self.family = family
    self.name = name
  }

  public var description: String { "\(family.name) \(name)" }
}

/// A table: a name space of chains and sets.
public struct NFTable: Hashable, Sendable {
  public var name: NFTableName
  /// At most 127 bytes; more than that is cut.
  public var comment: String?
  /// The kernel's number for it, in what was read.
  public var handle: UInt64?
  /// Packets enter none of its chains. Adding a table that is there makes it what is said here.
  public var isDormant: Bool

  public init(_ name: NFTableName, comment: String? = nil, isDormant: Bool = false) {
    self.name = name
    self.isDormant = isDormant
    self.comment = comment.map(NFUserData.fitting)
  }

  func encode(into message: inout MessageBuffer) {
    message.put(NFTA_TABLE_NAME, name.name)
    message.put(NFTA_TABLE_FLAGS, isDormant ? UInt32(NFT_TABLE_F_DORMANT.rawValue) : 0)
    if let comment { message.put(NFTA_TABLE_USERDATA, NFUserData.comment(comment, type: 0)) }
  }

  init?(_ message: Message) {
    guard let family = NFFamily(rawValue: message.family),
      let name = message.attributes.first(NFTA_TABLE_NAME)?.string
    else { return nil }
    self.init(NFTableName(family, name))
    comment = message.attributes.first(NFTA_TABLE_USERDATA).flatMap { NFUserData.comment(in: $0.bytes, type: 0) }
    handle = message.attributes.first(NFTA_TABLE_HANDLE)?.number
    isDormant = (message.attributes.first(NFTA_TABLE_FLAGS)?.u32 ?? 0) & UInt32(NFT_TABLE_F_DORMANT.rawValue) != 0
  }
}
