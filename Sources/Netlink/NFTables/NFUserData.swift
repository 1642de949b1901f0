/// What the `nft` program keeps beside objects in the kernel: type, length and value, a byte each of the first two.
enum NFUserData {
  /// As much of a comment as nft keeps: 127 bytes, in whole characters.
  static func fitting(_ comment: String) -> String {
    guard comment.utf8.count > 127 else { return comment }
    var bytes = 0
    return String(
      comment.prefix { character in
        bytes += character.utf8.count
        return bytes <= 127
      })
  }

  static func comment(_ text: String, type: UInt8) -> [UInt8] {
    let text = Array(fitting(text).utf8)
    return [type, UInt8(text.count + 1)] + text + [0]
  }

  /// A number in the machine's order.
  static func number(_ value: UInt32, type: UInt8) -> [UInt8] {
    [type, 4] + withUnsafeBytes(of: value) { Array($0) }
  }

  static func value(in bytes: [UInt8], type: UInt8) -> [UInt8]? {
    var rest = bytes[...]
    while rest.count >= 2 {
      let (kind, length) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
      rest = rest.dropFirst(2)
      guard length <= rest.count else { return nil }
      if kind == type { return Array(rest.prefix(length)) }
      rest = rest.dropFirst(length)
    }
    return nil
  }

  static func comment(in bytes: [UInt8], type: UInt8) -> String? {
    value(in: bytes, type: type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
