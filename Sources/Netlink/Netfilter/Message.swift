import CNetlink

/// The messages in a datagram. A malformed length ends the sequence.
struct Messages: Sequence, IteratorProtocol {
  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  mutating func next() -> Message? {
    guard rest.count >= Message.headerSize else { return nil }
    let length = Int(rest.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
    guard length >= Message.headerSize, length <= rest.count else { return nil }
    let message = Message(bytes: UnsafeRawBufferPointer(rebasing: rest[..<length]))
    rest = UnsafeRawBufferPointer(rebasing: rest[Swift.min((length + 3) & ~3, rest.count)...])
    return message
  }
}

/// One netlink message, at least a header long.
struct Message {
  static let headerSize = 16

  let bytes: UnsafeRawBufferPointer

  var type: UInt16 { bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self) }
  var flags: UInt16 { bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self) }
  var sequence: UInt32 { bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self) }
  /// Of a notification: the socket whose request it tells of.
  var portID: UInt32 { bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self) }

  /// The protocol family in netfilter's header.
  var family: UInt8 { bytes.count > 16 ? bytes[16] : 0 }

  /// What follows netfilter's header.
  var attributes: Attributes {
    Attributes(UnsafeRawBufferPointer(rebasing: bytes[Swift.min(20, bytes.count)...]))
  }

  /// The number in NLMSG_ERROR and NLMSG_DONE, positive; zero is success.
  var errno: Int32 {
    guard bytes.count >= 20 else { return 0 }
    return 0 &- bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)
  }

  /// The kernel's words in a refusal (NLMSGERR_ATTR_MSG).
  var extendedText: String { extended.first(NLMSGERR_ATTR_MSG)?.string ?? "" }

  /// How far into the refused message the attribute lies that the kernel did not like (NLMSGERR_ATTR_OFFS).
  var extendedOffset: Int? {
    guard let attribute = extended.first(NLMSGERR_ATTR_OFFS), attribute.payload.count == 4 else { return nil }
    return Int(attribute.payload.loadUnaligned(as: UInt32.self))
  }

  /// Attributes after the refused message's header, or after the whole of it where it is echoed.
  private var extended: Attributes {
    guard flags & UInt16(NLM_F_ACK_TLVS) != 0, bytes.count >= 36 else {
      return Attributes(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    var start = 36
    if flags & UInt16(NLM_F_CAPPED) == 0 {
      let echoed = Int(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
      start = 20 + ((echoed + 3) & ~3)
    }
    return Attributes(UnsafeRawBufferPointer(rebasing: bytes[Swift.min(start, bytes.count)...]))
  }
}
