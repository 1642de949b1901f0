import Netlink

extension IPAddress {
  /// The name under which its PTR records stand (RFC 1035 §3.5, RFC 3596 §2.5).
  var reverseName: WireName {
    var name: [UInt8] = []
    switch family {
    case .v4:
      for byte in bytes.reversed() {
        let digits = Array(String(byte).utf8)
        name.append(UInt8(digits.count))
        name += digits
      }
      name += Array("\u{7}in-addr\u{4}arpa\0".utf8)
    case .v6:
      let hex = Array("0123456789abcdef".utf8)
      for byte in bytes.reversed() {
        name += [1, hex[Int(byte & 15)], 1, hex[Int(byte >> 4)]]
      }
      name += Array("\u{3}ip6\u{4}arpa\0".utf8)
    }
    return WireName(unchecked: name)
  }

  /// The label that stands for the address where an endpoint has no host name: `10-0-0-7`, `fd00--7`. The final dash
  /// that `::` would leave is filled with a zero, since no host name ends with a dash.
  var dashed: String {
    switch family {
    case .v4: return bytes.map { String($0) }.joined(separator: "-")
    case .v6:
      var text = description.split(separator: ":", omittingEmptySubsequences: false).joined(separator: "-")
      if text.hasSuffix("-") { text += "0" }
      if text.hasPrefix("-") { text = "0" + text }
      return text
    }
  }
}

extension IPPrefix {
  /// The range whose reverse names stand in a zone: `96.10.in-addr.arpa` is 10.96.0.0/16, `ip6.arpa` is ::/0. `nil` for
  /// any other name.
  init?(reverseZone name: some StringProtocol) {
    var labels = name.lowercased().split(separator: ".")
    guard labels.popLast() == "arpa", let root = labels.popLast(), root == "in-addr" || root == "ip6" else {
      return nil
    }
    let family = root == "in-addr" ? IPAddress.Family.v4 : .v6
    let step = family == .v4 ? 8 : 4
    guard labels.count * step <= family.bitCount else { return nil }
    var number = UInt128(0)
    for label in labels.reversed() {
      guard let value = family == .v4 ? UInt8(label) : UInt8(label, radix: 16), family == .v4 || label.count == 1
      else { return nil }
      number = number << UInt128(step) | UInt128(value)
    }
    number <<= UInt128(family.bitCount - labels.count * step)
    self.init(IPAddress(number: number, family: family), length: labels.count * step)
  }
}
