import CNetlink

/// An element of a set or map.
public struct NFElement: Hashable, Sendable {
  /// The parts of the key one after the other, each padded to four bytes if there are several.
  public var key: [UInt8]
  /// The last key of a range in a concatenation, inclusive.
  public var keyEnd: [UInt8]?
  /// In an interval set without concatenation: this key is where a range ends, exclusive.
  public var isIntervalEnd: Bool
  public var data: NFData?
  /// Milliseconds.
  public var timeout: UInt64?
  /// Milliseconds left, in what was read.
  public var expiration: UInt64?
  /// Packets and bytes that found it, in what was read from a set that counts.
  public var packets: UInt64?
  public var byteCount: UInt64?

  public init(
    _ key: [UInt8], to keyEnd: [UInt8]? = nil, isIntervalEnd: Bool = false, data: NFData? = nil,
    timeout: UInt64? = nil
  ) {
    self.key = key
    self.keyEnd = keyEnd
    self.isIntervalEnd = isIntervalEnd
    self.data = data
    self.timeout = timeout
  }

  func encode(into message: inout MessageBuffer) {
    if isIntervalEnd { message.put(NFTA_SET_ELEM_FLAGS, UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue)) }
    message.nest(NFTA_SET_ELEM_KEY) { $0.put(NFTA_DATA_VALUE, key) }
    if let keyEnd { message.nest(NFTA_SET_ELEM_KEY_END) { $0.put(NFTA_DATA_VALUE, keyEnd) } }
    if let data { message.nest(NFTA_SET_ELEM_DATA) { data.encode(into: &$0) } }
    if let timeout { message.put(NFTA_SET_ELEM_TIMEOUT, timeout) }
  }

  init?(_ attributes: Attributes) {
    var key: [UInt8]?
    self.init([])
    for attribute in attributes {
      if attribute.is(NFTA_SET_ELEM_KEY) {
        key = attribute.nested.first(NFTA_DATA_VALUE)?.bytes
      } else if attribute.is(NFTA_SET_ELEM_KEY_END) {
        keyEnd = attribute.nested.first(NFTA_DATA_VALUE)?.bytes
      } else if attribute.is(NFTA_SET_ELEM_DATA) {
        data = NFData(attribute.nested)
      } else if attribute.is(NFTA_SET_ELEM_FLAGS) {
        isIntervalEnd = attribute.u32 & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0
      } else if attribute.is(NFTA_SET_ELEM_TIMEOUT) {
        timeout = attribute.number
      } else if attribute.is(NFTA_SET_ELEM_EXPIRATION) {
        expiration = attribute.number
      } else if attribute.is(NFTA_SET_ELEM_EXPR) {
        read(counter: attribute.nested)
      } else if attribute.is(NFTA_SET_ELEM_EXPRESSIONS) {
        for expression in attribute.nested { read(counter: expression.nested) }
      }
    }
    guard let key else { return nil }
    self.key = key
  }

  private mutating func read(counter attributes: Attributes) {
    guard case .counter(let packets, let bytes) = NFExpression(attributes) else { return }
    self.packets = packets
    byteCount = bytes
  }

  /// The two elements that make a range of one-part keys: its first key, and the first after its end. A range
  /// that ends with the last key there is has no second one.
  public static func range(_ prefix: IPPrefix) -> [NFElement] {
    let end = prefix.last.advanced(by: 1)
    var elements = [NFElement(prefix.address.bytes)]
    if !end.isUnspecified { elements.append(NFElement(end.bytes, isIntervalEnd: true)) }
    return elements
  }
}
