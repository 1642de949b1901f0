import CNetlink
import Glibc

/// A set of keys, or a map from keys to values or verdicts.
public struct NFSet: Hashable, Sendable {
  public enum Content: Hashable, Sendable {
    case keys
    case values([NFDataType])
    case verdicts
  }

  public struct Flags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Elements cannot change once a rule uses it.
    public static let constant = Flags(rawValue: NFT_SET_CONSTANT.rawValue)
    /// Elements may be ranges.
    public static let interval = Flags(rawValue: NFT_SET_INTERVAL.rawValue)
    /// Elements may end by themselves.
    public static let timeout = Flags(rawValue: NFT_SET_TIMEOUT.rawValue)
    /// Rules may add elements. Without a size that is capped at 65,535 elements.
    public static let dynamic = Flags(rawValue: NFT_SET_EVAL.rawValue)
  }

  public var table: NFTableName
  public var name: String
  public var key: [NFDataType]
  public var content: Content
  public var flags: Flags
  /// The most elements it takes. It also sizes the hash when the set is made: 8 bytes or so for each.
  public var size: UInt32?
  /// Milliseconds after which elements end that name no time of their own.
  public var timeout: UInt64?
  /// At most 127 bytes; more than that is cut.
  public var comment: String?
  /// Whether each element counts the packets that find it.
  public var hasCounters: Bool
  /// The kernel's number for it, in what was read.
  public var handle: UInt64?

  public init(
    _ name: String, in table: NFTableName, key: [NFDataType], content: Content = .keys, flags: Flags = [],
    size: UInt32? = nil, timeout: UInt64? = nil, hasCounters: Bool = false, comment: String? = nil
  ) {
    self.table = table
    self.name = name
    self.key = key
    self.content = content
    self.flags = flags
    self.size = size
    self.timeout = timeout
    self.hasCounters = hasCounters
    self.comment = comment.map(NFUserData.fitting)
  }

  public var isMap: Bool { content != .keys }

  /// NFT_SET_CONCAT marks a concatenation with ranges in each part.
  private var allFlags: UInt32 {
    var all = flags.rawValue
    if isMap { all |= NFT_SET_MAP.rawValue }
    if flags.contains(.interval), key.count > 1 { all |= NFT_SET_CONCAT.rawValue }
    return all
  }

  /// What the kernel would refuse, said before it is asked.
  public func validate() throws(NetlinkError) {
    let problem: String? =
      if name.isEmpty || name.utf8.count > 255 {
        "a set's name has 1 to 255 bytes"
      } else if key.isEmpty || key.length > 64 {
        "a key has 1 to 64 bytes"
      } else if key.count > NFDataType.mostParts {
        "a key has at most \(NFDataType.mostParts) parts"
      } else if case .values(let types) = content,
        types.isEmpty || types.length > 64 || types.count > NFDataType.mostParts
      {
        "a value has 1 to 64 bytes and at most \(NFDataType.mostParts) parts"
      } else {
        nil
      }
    if let problem {
      throw NetlinkError(call: "add set", object: "\(table) \(name)", errno: EINVAL, advice: problem)
    }
  }

  func encode(into message: inout MessageBuffer, id: UInt32) {
    message.put(NFTA_SET_TABLE, table.name)
    message.put(NFTA_SET_NAME, name)
    message.put(NFTA_SET_FLAGS, allFlags)
    message.put(NFTA_SET_KEY_TYPE, key.number)
    message.put(NFTA_SET_KEY_LEN, UInt32(key.length))
    switch content {
    case .keys: break
    case .verdicts:
      message.put(NFTA_SET_DATA_TYPE, UInt32(NFT_DATA_VERDICT.rawValue))
      message.put(NFTA_SET_DATA_LEN, UInt32(NFDataType.verdict.length))
    case .values(let types):
      message.put(NFTA_SET_DATA_TYPE, types.number)
      message.put(NFTA_SET_DATA_LEN, UInt32(types.length))
    }
    message.put(NFTA_SET_ID, id)
    let hasFields = flags.contains(.interval) && key.count > 1
    if size != nil || hasFields {
      message.nest(NFTA_SET_DESC) { description in
        if let size { description.put(NFTA_SET_DESC_SIZE, size) }
        if hasFields {
          description.nest(NFTA_SET_DESC_CONCAT) { fields in
            for part in key {
              fields.nest(NFTA_LIST_ELEM) { $0.put(NFTA_SET_FIELD_LEN, UInt32(part.length)) }
            }
          }
        }
      }
    }
    if let timeout { message.put(NFTA_SET_TIMEOUT, timeout) }
    message.put(NFTA_SET_USERDATA, userData)
    if hasCounters { message.nest(NFTA_SET_EXPR) { NFExpression.counter().encode(into: &$0) } }
  }

  /// Byte orders, which nft reads elements by, and the comment.
  private var userData: [UInt8] {
    func order(_ types: [NFDataType]) -> UInt32 {
      guard types.count == 1 else { return 0 }
      return types[0].isBigEndian ? 2 : 1
    }
    var data = NFUserData.number(order(key), type: 0)
    if case .values(let types) = content { data += NFUserData.number(order(types), type: 1) }
    if let comment { data += NFUserData.comment(comment, type: 7) }
    return data
  }

  /// Reads a set; nil where its key's or values' types are none of those that this library makes.
  init?(_ message: Message) {
    let attributes = message.attributes
    guard let family = NFFamily(rawValue: message.family), let table = attributes.first(NFTA_SET_TABLE)?.string,
      let name = attributes.first(NFTA_SET_NAME)?.string,
      let key = attributes.first(NFTA_SET_KEY_TYPE).flatMap({ [NFDataType](number: $0.u32) }),
      Self.has(length: key.length, attributes.first(NFTA_SET_KEY_LEN))
    else { return nil }
    let flags = attributes.first(NFTA_SET_FLAGS)?.u32 ?? 0
    var content = Content.keys
    if flags & NFT_SET_MAP.rawValue != 0 {
      guard let type = attributes.first(NFTA_SET_DATA_TYPE)?.u32 else { return nil }
      if type == UInt32(NFT_DATA_VERDICT.rawValue) {
        content = .verdicts
      } else {
        guard let types = [NFDataType](number: type),
          Self.has(length: types.length, attributes.first(NFTA_SET_DATA_LEN))
        else { return nil }
        content = .values(types)
      }
    }
    let userData = attributes.first(NFTA_SET_USERDATA)?.bytes ?? []
    self.init(
      name, in: NFTableName(family, table), key: key, content: content,
      flags: Flags(rawValue: flags).intersection([.constant, .interval, .timeout, .dynamic]),
      size: attributes.first(NFTA_SET_DESC)?.nested.first(NFTA_SET_DESC_SIZE)?.u32,
      timeout: attributes.first(NFTA_SET_TIMEOUT)?.number,
      hasCounters: Self.counts(attributes),
      comment: NFUserData.comment(in: userData, type: 7))
    handle = attributes.first(NFTA_SET_HANDLE)?.number
  }

  /// nft gives values that are ranges the type of one end, and the length of both.
  private static func has(length: Int, _ attribute: Attribute?) -> Bool {
    attribute.map { $0.u32 == UInt32(length) } ?? true
  }

  private static func counts(_ attributes: Attributes) -> Bool {
    let one = attributes.first(NFTA_SET_EXPR).map { [NFExpression($0.nested)] } ?? []
    let several = attributes.first(NFTA_SET_EXPRESSIONS)?.nested.map { NFExpression($0.nested) } ?? []
    return (one + several).contains { $0.withoutCounts == .counter() }
  }

  /// Whether the kernel would take it as the same set.
  public func hasSameDefinition(as other: NFSet) -> Bool {
    var (left, right) = (self, other)
    left.handle = nil
    right.handle = nil
    return left == right
  }
}
