/// One step of a rule.
public enum NFExpression: Hashable, Sendable {
  /// Where in the packet a payload offset counts from.
  public enum PayloadBase: UInt32, Hashable, Sendable {
    case link = 0
    case network = 1
    case transport = 2
  }

  /// NFT_META_…
  public enum MetaKey: UInt32, Hashable, Sendable {
    case length = 0
    case `protocol` = 1
    case mark = 3
    case inputInterface = 4
    case outputInterface = 5
    case inputName = 6
    case outputName = 7
    case networkProtocol = 15
    case transportProtocol = 16
    case packetType = 19
    case cpu = 20
    case random = 24
  }

  /// NFT_CT_…
  public enum ConntrackKey: UInt32, Hashable, Sendable {
    case state = 0
    case direction = 1
    case status = 2
    case mark = 3
    case expiration = 5
    case l3protocol = 7
    case source = 8
    case destination = 9
    case `protocol` = 10
    case sourcePort = 11
    case destinationPort = 12
    case zone = 17
    case sourceIPv4 = 19
    case destinationIPv4 = 20
    case sourceIPv6 = 21
    case destinationIPv6 = 22
  }

  public enum Direction: UInt8, Hashable, Sendable {
    case original = 0
    case reply = 1
  }

  /// NFT_CMP_…
  public enum Comparison: UInt32, Hashable, Sendable {
    case equal = 0
    case notEqual = 1
    case less = 2
    case lessOrEqual = 3
    case greater = 4
    case greaterOrEqual = 5
  }

  /// How a packet is refused.
  public enum Rejection: Hashable, Sendable {
    case tcpReset
    /// ICMP of the table's family, with the code of that family.
    case icmp(UInt8)
    /// In an inet table; 0 no route, 1 port unreachable, 2 host unreachable, 3 administratively prohibited.
    case icmpAnyFamily(UInt8)
  }

  /// NFTA_FIB_F_…
  public struct FIBFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let source = FIBFlags(rawValue: 1)
    public static let destination = FIBFlags(rawValue: 2)
    public static let mark = FIBFlags(rawValue: 4)
    public static let inputInterface = FIBFlags(rawValue: 8)
    public static let outputInterface = FIBFlags(rawValue: 16)
    public static let present = FIBFlags(rawValue: 32)
  }

  public enum FIBResult: UInt32, Hashable, Sendable {
    case outputInterface = 1
    case outputName = 2
    /// A number of `<linux/rtnetlink.h>`: RTN_UNICAST is 1, RTN_LOCAL 2.
    case addressType = 3
  }

  public enum NATKind: UInt32, Hashable, Sendable {
    case source = 0
    case destination = 1
  }

  /// NF_NAT_RANGE_…, those that do not follow from the registers.
  public struct NATFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let random = NATFlags(rawValue: 4)
    public static let persistent = NATFlags(rawValue: 8)
    public static let fullyRandom = NATFlags(rawValue: 16)
  }

  public enum NumberGenerator: UInt32, Hashable, Sendable {
    case incremental = 0
    case random = 1
  }

  public enum DynsetOperation: UInt32, Hashable, Sendable {
    case add = 0
    /// Adds, or begins the time of an element anew; its data stays.
    case update = 1
    case delete = 2
  }

  /// Loads bytes of the packet.
  case payload(PayloadBase, offset: Int, length: Int, into: NFRegister)
  case meta(MetaKey, into: NFRegister)
  case setMeta(MetaKey, from: NFRegister)
  case conntrack(ConntrackKey, Direction? = nil, into: NFRegister)
  case setConntrack(ConntrackKey, from: NFRegister)
  /// Ends the rule unless the register compares so with the bytes.
  case compare(NFRegister, Comparison, [UInt8])
  /// Ends the rule unless the register lies in the range, or if it does when inverted.
  case range(NFRegister, from: [UInt8], to: [UInt8], inverted: Bool = false)
  /// `into = (from & mask) ^ xor`
  case bitwise(from: NFRegister, into: NFRegister, mask: [UInt8], xor: [UInt8])
  /// Swaps the bytes of each number of `size` bytes (2, 4 or 8) in `length` bytes, on machines where the network's
  /// order is not their own.
  case byteOrder(from: NFRegister, into: NFRegister, length: Int, size: Int)
  /// Ends the rule unless the set has the key, or if it has when inverted. A map's value goes to `into`.
  case lookup(set: String, key: NFRegister, into: NFRegister? = nil, inverted: Bool = false)
  /// Looks the key up in a verdict map and does what it says.
  case verdictMap(String, key: NFRegister)
  /// Changes a dynamic set; ends the rule where the set is full. Milliseconds.
  case dynset(DynsetOperation, set: String, key: NFRegister, data: NFRegister? = nil, timeout: UInt64? = nil)
  case immediate([UInt8], into: NFRegister)
  case verdict(NFVerdict)
  case reject(Rejection)
  /// To the address of the interface that the packet leaves by.
  case masquerade(NATFlags = [])
  case nat(NATKind, NFFamily, address: NFRegister?, port: NFRegister? = nil, flags: NATFlags = [])
  /// To this machine itself.
  case redirect(port: NFRegister? = nil)
  /// A number of `offset..<offset + modulus`, in the machine's order.
  case numgen(NumberGenerator, modulus: UInt32, offset: UInt32 = 0, into: NFRegister)
  case fib(FIBFlags, FIBResult, into: NFRegister)
  case counter(packets: UInt64 = 0, bytes: UInt64 = 0)
  /// So many packets in so many seconds, and a burst. Inverted: matches what is over it.
  case limit(rate: UInt64, seconds: UInt64, burst: UInt32, inverted: Bool = false)
  case notrack
  case log(prefix: String)
  /// One that this library does not know, as the kernel names it and with its attributes as they came.
  case unknown(name: String, data: [UInt8])

  /// The same with counts of zero, for comparisons.
  var withoutCounts: NFExpression {
    if case .counter = self { return .counter() }
    return self
  }
}
