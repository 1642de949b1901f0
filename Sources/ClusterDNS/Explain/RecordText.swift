import Netlink

/// The records of a message as they are written in zone files.
enum RecordText {
  /// `web.default.svc.cluster.local. 5 A 10.96.0.7`, for each record of answer and authority.
  static func lines(_ response: UpstreamResponse, age: AnswerAge) -> [String] {
    var lines: [String] = []
    var offset = response.questionEnd
    for _ in 0..<(Int(response.counts.answers) + Int(response.counts.authorities)) {
      guard let (owner, end) = UpstreamResponse.name(response.bytes, offset) else { break }
      let type = response.bytes.bigEndian16(end)
      let ttl = age.remaining(min(response.bytes.bigEndian32(end + 4), 0x7fff_ffff))
      let length = Int(response.bytes.bigEndian16(end + 8))
      let data = data(type, response.bytes, end + 10, length)
      lines.append("\(WireName(unchecked: owner)) \(ttl) \(RecordType.name(type)) \(data)")
      offset = end + 10 + length
    }
    return lines
  }

  private static func data(_ type: UInt16, _ bytes: [UInt8], _ start: Int, _ length: Int) -> String {
    let raw = bytes[start..<(start + length)]
    func name(_ offset: Int) -> (text: String, end: Int)? {
      UpstreamResponse.name(bytes, offset).map { ("\(WireName(unchecked: $0.name))", $0.end) }
    }
    switch type {
    case RecordType.a, RecordType.aaaa:
      if let address = IPAddress(bytes: raw) { return "\(address)" }
    case RecordType.ns, RecordType.cname, RecordType.ptr, RecordType.dname:
      if let name = name(start) { return name.text }
    case RecordType.mx where length > 2:
      if let name = name(start + 2) { return "\(bytes.bigEndian16(start)) \(name.text)" }
    case RecordType.srv where length > 6:
      if let name = name(start + 6) {
        return (0..<3).map { "\(bytes.bigEndian16(start + 2 * $0))" }.joined(separator: " ") + " \(name.text)"
      }
    case RecordType.soa where length > 22:
      if let server = name(start), let mailbox = name(server.end), mailbox.end + 20 <= bytes.count {
        let numbers = (0..<5).map { "\(bytes.bigEndian32(mailbox.end + 4 * $0))" }
        return ([server.text, mailbox.text] + numbers).joined(separator: " ")
      }
    case RecordType.txt:
      var strings: [String] = []
      var rest = raw
      while let count = rest.popFirst() {
        strings.append("\"" + String(decoding: rest.prefix(Int(count)), as: UTF8.self) + "\"")
        rest = rest.dropFirst(Int(count))
      }
      return strings.joined(separator: " ")
    default: break
    }
    // RFC 3597 §5.
    let hex = raw.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "\\# \(length) \(hex)"
  }
}
