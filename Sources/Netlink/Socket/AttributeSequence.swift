/// The attributes (`nlattr`) of a message, in order. Ends before the first one whose length does not fit: the kernel
/// sends none such, and a cut message gives what is whole.
struct AttributeSequence: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> (type: UInt16, payload: ArraySlice<UInt8>)? {
    guard let length = rest.load(UInt16.self), let type = rest.load(UInt16.self, at: 2), length >= 4,
      rest.count >= Int(length)
    else { return nil }
    let payload = rest.dropFirst(4).prefix(Int(length) - 4)
    rest = rest.dropFirst((Int(length) + 3) & ~3)
    return (type & 0x3fff, payload)  // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
  }
}

extension ArraySlice<UInt8> {
  /// The number in host byte order at an offset from the slice's start; `nil` where the slice is too short.
  func load<Value: BitwiseCopyable & FixedWidthInteger>(_ type: Value.Type, at offset: Int = 0) -> Value? {
    guard offset >= 0, count >= offset + MemoryLayout<Value>.size else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
  }

  /// Text up to the first zero.
  var string: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}
