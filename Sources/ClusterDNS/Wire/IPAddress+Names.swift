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
