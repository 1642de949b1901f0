/// Lines of `/proc/self/mountinfo` (proc(5)).
struct MountInfo: Equatable {
  var root: String
  var point: String
  var type: String
  var superOptions: [String]

  init?(line: some StringProtocol) {
    let fields = String(line).split(separator: " ").map { String($0) }
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
    root = Self.unescaped(fields[3][...])
    point = Self.unescaped(fields[4][...])
    type = fields[dash + 1]
    superOptions = fields[dash + 3].split(separator: ",").map { String($0) }
  }

  static func all() -> [MountInfo] {
    (Files.text("/proc/self/mountinfo") ?? "").split(separator: "\n").compactMap { MountInfo(line: $0) }
  }

  /// Space, tab, newline and backslash stand as octal numbers.
  static func unescaped(_ field: Substring) -> String {
    guard field.contains("\\") else { return String(field) }
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
