import KubeAPI
import Netlink

/// How single values are written, in YAML and in a Corefile alike.
enum ConfigurationValue {
  static let longest = Duration.seconds(7 * 24 * 3600)

  /// `10s`, `1.5s`, `500ms`, `1h30m`; a number alone is seconds.
  static func duration(_ text: String) -> Duration? {
    if let seconds = Int(text), seconds >= 0 { return seconds <= 7 * 24 * 3600 ? .seconds(seconds) : nil }
    guard let value = Duration(goSyntax: text) else { return nil }
    return value <= longest ? value : nil
  }

  static func seconds(_ text: String) -> UInt32? {
    guard let value = duration(text), value.components.attoseconds == 0 else { return nil }
    return UInt32(value.components.seconds)
  }

  static func size(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit: Int
    switch text[digits.endIndex...] {
    case "": unit = 1
    case "k": unit = 1000
    case "M": unit = 1_000_000
    case "G": unit = 1_000_000_000
    case "Ki": unit = 1 << 10
    case "Mi": unit = 1 << 20
    case "Gi": unit = 1 << 30
    default: return nil
    }
    guard let number = Int(digits), number <= 64 << 30 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow || bytes > 64 << 30 ? nil : bytes
  }

  /// A name of letters, digits, dashes and underscores; not the root.
  static func name(_ text: String) -> WireName? {
    let isPlain = text.utf8.allSatisfy { byte in
      byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 < 10
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
    guard isPlain, let name = WireName(text), name.bytes.count > 1 else { return nil }
    return name
  }

  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    return milliseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + milliseconds)ms"
  }
}
