import CNetlink

/// What makes a chain one that packets enter by themselves.
public struct NFBaseChain: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case filter
    case nat
    case route
  }

  /// NF_INET_… of `<linux/netfilter.h>`.
  public enum Hook: UInt32, Hashable, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4

    /// NF_ARP_IN: of a table of family arp, what comes to this machine. Families number their hooks each from zero.
    public static let arpInput = Hook.prerouting
  }

  public var kind: Kind
  public var hook: Hook
  /// Lower comes first: -300 raw, -200 conntrack, -150 mangle, -100 destination NAT, 0 filter, 100 source NAT.
  public var priority: Int32
  /// What becomes of a packet that no rule decided on.
  public var policy: NFVerdict

  public init(_ kind: Kind, hook: Hook, priority: Int32, policy: NFVerdict = .accept) {
    self.kind = kind
    self.hook = hook
    self.priority = priority
    self.policy = policy
  }
}

/// A chain of rules: a base chain, or one that rules jump to.
public struct NFChain: Hashable, Sendable {
  public var table: NFTableName
  public var name: String
  public var base: NFBaseChain?
  /// The kernel's number for it, in what was read.
  public var handle: UInt64?

  public init(_ name: String, in table: NFTableName, base: NFBaseChain? = nil) {
    self.table = table
    self.name = name
    self.base = base
  }

  func encode(into message: inout MessageBuffer) {
    message.put(NFTA_CHAIN_TABLE, table.name)
    message.put(NFTA_CHAIN_NAME, name)
    guard let base else { return }
    message.nest(NFTA_CHAIN_HOOK) {
      $0.put(NFTA_HOOK_HOOKNUM, base.hook.rawValue)
      $0.put(NFTA_HOOK_PRIORITY, UInt32(bitPattern: base.priority))
    }
    message.put(NFTA_CHAIN_POLICY, UInt32(bitPattern: base.policy.code))
    message.put(NFTA_CHAIN_TYPE, base.kind.rawValue)
  }

  init?(_ message: Message) {
    let attributes = message.attributes
    guard let family = NFFamily(rawValue: message.family), let table = attributes.first(NFTA_CHAIN_TABLE)?.string,
      let name = attributes.first(NFTA_CHAIN_NAME)?.string
    else { return nil }
    self.init(name, in: NFTableName(family, table))
    handle = attributes.first(NFTA_CHAIN_HANDLE)?.number
    if let hook = attributes.first(NFTA_CHAIN_HOOK)?.nested,
      let number = hook.first(NFTA_HOOK_HOOKNUM).flatMap({ NFBaseChain.Hook(rawValue: $0.u32) }),
      let priority = hook.first(NFTA_HOOK_PRIORITY)?.u32,
      let kind = attributes.first(NFTA_CHAIN_TYPE).flatMap({ NFBaseChain.Kind(rawValue: $0.string) })
    {
      let policy: NFVerdict = attributes.first(NFTA_CHAIN_POLICY)?.u32 == 0 ? .drop : .accept
      base = NFBaseChain(kind, hook: number, priority: Int32(bitPattern: priority), policy: policy)
    }
  }

  /// Whether the kernel would take it as the same chain.
  public func hasSameDefinition(as other: NFChain) -> Bool {
    table == other.table && name == other.name && base == other.base
  }
}
