import CNetlink

/// The attributes in a stretch of a netlink message. Malformed lengths end the sequence; nothing outside is read.
///
/// It points into a buffer that someone else keeps alive, so it lives only as long as the closure that got it.
struct Attributes: Sequence, IteratorProtocol {
  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  mutating func next() -> Attribute? {
    guard rest.count >= 4 else { return nil }
    let length = Int(rest.loadUnaligned(fromByteOffset: 0, as: UInt16.self))
    let type = rest.loadUnaligned(fromByteOffset: 2, as: UInt16.self) & ~UInt16(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
    guard length >= 4, length <= rest.count else { return nil }
    let attribute = Attribute(type: type, payload: UnsafeRawBufferPointer(rebasing: rest[4..<length]))
    rest = UnsafeRawBufferPointer(rebasing: rest[Swift.min((length + 3) & ~3, rest.count)...])
    return attribute
  }

  func first(_ type: some RawRepresentable<UInt32>) -> Attribute? {
    let wanted = UInt16(type.rawValue)
    for attribute in self where attribute.type == wanted { return attribute }
    return nil
  }
}

/// One attribute: its type without the flag bits, and what it holds.
struct Attribute {
  let type: UInt16
  let payload: UnsafeRawBufferPointer

  func `is`(_ type: some RawRepresentable<UInt32>) -> Bool { self.type == UInt16(type.rawValue) }

  /// A big-endian number of the payload's width, zero where the width is none of a number.
  var number: UInt64 {
    switch payload.count {
    case 1: UInt64(payload[0])
    case 2: UInt64(UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self)))
    case 4: UInt64(UInt32(bigEndian: payload.loadUnaligned(as: UInt32.self)))
    case 8: UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self))
    default: 0
    }
  }

  var u32: UInt32 { UInt32(truncatingIfNeeded: number) }

  /// The text up to the first zero.
  var string: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

  var bytes: [UInt8] { Array(payload) }

  var nested: Attributes { Attributes(payload) }
}
