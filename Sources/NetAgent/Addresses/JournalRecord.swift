import KubeAPI
import Netlink

/// One line of the journal: something that happened to the addresses, in order.
enum JournalRecord: Sendable, Hashable {
  case leased(AddressLease)
  case released(CNIRequest.Attachment)
  /// The pools are these from now on.
  case pools([IPPrefix])
  /// A pool as it stood when the journal was written anew.
  case pool(IPPrefix, next: UInt128, freed: [IPAddress])

  var json: JSONValue {
    switch self {
    case .leased(let lease):
      var json = lease.json
      json["op"] = "lease"
      return json
    case .released(let attachment):
      return ["op": "release", "id": .string(attachment.container), "if": .string(attachment.interface)]
    case .pools(let prefixes):
      return ["op": "pools", "prefixes": .array(prefixes.map { .string($0.description) })]
    case .pool(let prefix, let next, let freed):
      return [
        "op": "pool", "prefix": .string(prefix.description), "next": .string(String(next)),
        "freed": .array(freed.map { .string($0.description) }),
      ]
    }
  }

  init?(json: JSONValue) {
    switch json["op"]?.stringValue {
    case "lease":
      guard let lease = AddressLease(json: json) else { return nil }
      self = .leased(lease)
    case "release":
      guard let container = json["id"]?.stringValue, let interface = json["if"]?.stringValue else { return nil }
      self = .released(CNIRequest.Attachment(container: container, interface: interface))
    case "pools":
      guard let texts = json["prefixes"]?.arrayValue else { return nil }
      self = .pools(texts.compactMap { $0.stringValue.flatMap { IPPrefix($0) } })
    case "pool":
      guard let prefix = json["prefix"]?.stringValue.flatMap({ IPPrefix($0) }),
        let next = json["next"]?.stringValue.flatMap({ UInt128($0) }), let freed = json["freed"]?.arrayValue
      else { return nil }
      self = .pool(prefix, next: next, freed: freed.compactMap { $0.stringValue.flatMap { IPAddress($0) } })
    default: return nil
    }
  }

  /// The line, with its checksum before it and a line end after it.
  var line: [UInt8] {
    var body: [UInt8] = []
    json.write(to: &body)
    let digits = String(Checksum.crc32(body), radix: 16)
    return Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8) + body + [0x0a]
  }

  /// Reads a line without its end; `nil` where it is damaged.
  init?(line: ArraySlice<UInt8>) {
    guard line.count > 9, line[line.startIndex + 8] == 0x20,
      let checksum = UInt32(String(decoding: line.prefix(8), as: UTF8.self), radix: 16),
      Checksum.crc32(line.dropFirst(9)) == checksum, let json = try? JSONValue(parsing: line.dropFirst(9))
    else { return nil }
    self.init(json: json)
  }
}

/// CRC-32 of IEEE 802.3: finds a line that was half written.
enum Checksum {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
  }

  static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
  }
}
