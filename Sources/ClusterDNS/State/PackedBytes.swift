/// Bytes that are read from front to back, as they were written by `append(number:)` and `append(text:)`.
///
/// They were written by this process, so what is not there is a mistake of the program and ends it.
struct PackedReader {
  private let bytes: ArraySlice<UInt8>
  private(set) var offset: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    offset = bytes.startIndex
  }

  mutating func byte() -> UInt8 {
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func number() -> Int {
    var value = 0
    var shift = 0
    while true {
      let byte = byte()
      value |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8> {
    defer { offset += count }
    return bytes[offset..<(offset + count)]
  }

  mutating func text() -> String {
    let count = number()
    return String(decoding: bytes(count), as: UTF8.self)
  }

  /// A text that was written beside `other`.
  mutating func text(beside other: String) -> String {
    let shared = number()
    return String(decoding: Array(other.utf8.prefix(shared)) + bytes(number()), as: UTF8.self)
  }
}

extension [UInt8] {
  /// Seven bits a byte, the lowest first; the highest bit says that there is more.
  mutating func append(number: Int) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func append(text: String) {
    append(number: text.utf8.count)
    self += text.utf8
  }

  /// Only what differs from the beginning of `other`: objects that belong together are named alike.
  mutating func append(text: String, beside other: String) {
    let shared = zip(text.utf8, other.utf8).prefix { $0 == $1 }.count
    append(number: shared)
    append(number: text.utf8.count - shared)
    self += text.utf8.dropFirst(shared)
  }
}
