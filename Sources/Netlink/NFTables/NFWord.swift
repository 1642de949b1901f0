/// Numbers as keys and values of sets have them: each part of a concatenation fills whole registers of four bytes.
public enum NFWord {
  /// A number in the machine's order, as marks, states and address types are: 4 bytes.
  public static func native(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

  /// Reads 4 bytes in the machine's order; `nil` for any other count.
  public static func native(_ bytes: some Collection<UInt8>) -> UInt32? {
    guard bytes.count == 4 else { return nil }
    return Array(bytes).withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
  }

  /// Appends an IP protocol's number, filled up to 4 bytes.
  @inlinable public static func append(protocol number: UInt8, to bytes: inout [UInt8]) {
    bytes.append(number)
    bytes.append(0)
    bytes.append(0)
    bytes.append(0)
  }

  /// Appends a port in network order, filled up to 4 bytes.
  @inlinable public static func append(port: UInt16, to bytes: inout [UInt8]) {
    bytes.append(UInt8(port >> 8))
    bytes.append(UInt8(port & 0xff))
    bytes.append(0)
    bytes.append(0)
  }

  /// The 4 bytes of a port, and before it the 4 of its protocol where there is one.
  @inlinable public static func port(_ port: UInt16, of protocol: UInt8? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8)
    if let `protocol` { append(protocol: `protocol`, to: &bytes) }
    append(port: port, to: &bytes)
    return bytes
  }
}
