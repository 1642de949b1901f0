/// `$(NAME)` in commands, arguments and values of environment variables: replaced where NAME is known, left where it is
/// not; `$$(NAME)` stands for itself.
enum Expansion {
  static func expand(_ text: String, _ variables: [String: String]) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "$"), let next = rest.first else {
        result.append(byte)
        continue
      }
      if next == UInt8(ascii: "$") {
        result.append(next)
        rest = rest.dropFirst()
      } else if next == UInt8(ascii: "("), let end = rest.firstIndex(of: UInt8(ascii: ")")) {
        let name = String(decoding: rest[rest.startIndex + 1..<end], as: UTF8.self)
        if let value = variables[name] {
          result += Array(value.utf8)
        } else {
          result += Array("$(\(name))".utf8)
        }
        rest = rest[(end + 1)...]
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
