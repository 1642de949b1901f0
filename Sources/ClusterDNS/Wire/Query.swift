/// What a query says, read from its packet. The name itself stays in the packet, and in lower case in the reader's
/// scratch space.
struct Query {
  var id: UInt16 = 0
  /// The header's second word.
  var flags: UInt16 = 0
  var type: UInt16 = 0
  var recordClass: UInt16 = 0
  /// Bytes of the name with the final zero.
  var nameLength = 0
  /// Where the question ends in the packet.
  var questionEnd = 0
  var labels = 0
  var hasEDNS = false
  var version: UInt8 = 0
  var dnssecOK = false
  /// The payload that the client takes over UDP, within 512 and 1232.
  var payload = MessageSize.plainUDP

  var opcode: UInt16 { (flags & HeaderFlag.opcode) >> 11 }
}

/// How reading a packet ended.
enum QueryVerdict {
  case query
  /// No answer may be sent: a response, or no header.
  case drop
  case formatError
  case notImplemented
}

extension Query {
  /// Reads a packet. `lower` must hold 256 + 8 bytes, and takes the name in lower case.
  ///
  /// Every read is within `packet`: each step first checks what is left.
  @inline(__always)
  mutating func read(_ packet: UnsafeRawBufferPointer, lower: UnsafeMutablePointer<UInt8>) -> QueryVerdict {
    guard packet.count >= MessageSize.header, let base = packet.baseAddress else { return .drop }
    let count = packet.count
    id = base.bigEndian16(0)
    flags = base.bigEndian16(2)
    if flags & HeaderFlag.response != 0 { return .drop }
    if flags & HeaderFlag.opcode != 0 { return .notImplemented }
    guard base.bigEndian16(4) == 1 else { return .formatError }

    var offset = MessageSize.header
    var length = 0
    labels = 0
    while true {
      guard offset < count else { return .formatError }
      let label = Int(base.byte(offset))
      if label == 0 { break }
      guard label <= MessageSize.labelLimit, length &+ label &+ 2 <= MessageSize.nameLimit,
        offset &+ label &+ 1 < count
      else { return .formatError }
      lower[length] = UInt8(truncatingIfNeeded: label)
      for index in 1...label {
        let byte = base.byte(offset &+ index)
        let isUpper = byte &- 0x41 < 26
        lower[length &+ index] = isUpper ? byte | 0x20 : byte
      }
      length &+= label &+ 1
      offset &+= label &+ 1
      labels &+= 1
    }
    lower[length] = 0
    nameLength = length &+ 1
    offset &+= 1
    guard offset &+ 4 <= count else { return .formatError }
    type = base.bigEndian16(offset)
    recordClass = base.bigEndian16(offset &+ 2)
    questionEnd = offset &+ 4

    let records = Int(base.bigEndian16(6)) &+ Int(base.bigEndian16(8))
    let additional = Int(base.bigEndian16(10))
    if records == 0, additional == 0 {
      return questionEnd == count ? .query : .formatError
    }
    return readRecords(packet, base, skipped: records, additional: additional)
  }

  /// Steps over the records behind the question, and reads the OPT record among the additional ones (RFC 6891 §6.1).
  private mutating func readRecords(
    _ packet: UnsafeRawBufferPointer, _ base: UnsafeRawPointer, skipped: Int, additional: Int
  ) -> QueryVerdict {
    let count = packet.count
    var offset = questionEnd
    for index in 0..<(skipped &+ additional) {
      let start = offset
      while true {
        guard offset < count else { return .formatError }
        let label = Int(base.byte(offset))
        offset &+= 1
        if label == 0 { break }
        if label & 0xc0 == 0xc0 {
          offset &+= 1
          break
        }
        guard label <= MessageSize.labelLimit else { return .formatError }
        offset &+= label
      }
      guard offset &+ 10 <= count else { return .formatError }
      let recordType = base.bigEndian16(offset)
      let dataLength = Int(base.bigEndian16(offset &+ 8))
      guard offset &+ 10 &+ dataLength <= count else { return .formatError }
      if recordType == RecordType.opt {
        guard index >= skipped, !hasEDNS, base.byte(start) == 0 else { return .formatError }
        hasEDNS = true
        let asked = Int(base.bigEndian16(offset &+ 2))
        payload = min(max(asked, MessageSize.plainUDP), MessageSize.maximumUDP)
        version = base.byte(offset &+ 5)
        dnssecOK = base.byte(offset &+ 6) & 0x80 != 0
        guard Self.optionsAreWhole(base, offset &+ 10, dataLength) else { return .formatError }
      }
      offset &+= 10 &+ dataLength
    }
    return offset == count ? .query : .formatError
  }

  private static func optionsAreWhole(_ base: UnsafeRawPointer, _ start: Int, _ length: Int) -> Bool {
    var offset = 0
    while offset < length {
      guard offset &+ 4 <= length else { return false }
      offset &+= 4 &+ Int(base.bigEndian16(start &+ offset &+ 2))
    }
    return offset == length
  }
}
