import Netlink

/// What one name of the cluster holds, before it is packed into flat memory.
///
/// A name with nothing at all exists too: it answers NODATA (an empty non-terminal, RFC 8020).
struct NameRecords: Sendable, Hashable {
  /// Endpoints and their ports behind one target name. The target is `label` before the end of the owner's own name
  /// that starts at `NameRecords.targetOffset`, or that end itself where the label is empty.
  struct ServiceTarget: Sendable, Hashable {
    var label: String
    var ports: [UInt16]
    var v4: [UInt32]
    var v6: [IPAddress]
  }

  var v4: [UInt32] = []
  var v6: [IPAddress] = []
  var targets: [ServiceTarget] = []
  /// Where in the owner's name (bytes from its start) the name that all targets share begins.
  var targetOffset = 0
  var pointers: [WireName] = []
  var alias: WireName?
  /// The strings of one TXT record.
  var text: [String] = []
  /// SOA and NS, which the snapshot's own header describes.
  var isApex = false
  /// `ns.pod.<zone>` where names that spell an address answer with it.
  var isPodNamespace = false
}

/// The kinds of records that an entry holds, in the order in which its sections follow.
struct EntryKinds: OptionSet {
  let rawValue: UInt8
  static let v4 = EntryKinds(rawValue: 1)
  static let v6 = EntryKinds(rawValue: 2)
  static let service = EntryKinds(rawValue: 4)
  static let pointer = EntryKinds(rawValue: 8)
  static let alias = EntryKinds(rawValue: 16)
  static let text = EntryKinds(rawValue: 32)
  static let apex = EntryKinds(rawValue: 64)
  static let podNamespace = EntryKinds(rawValue: 128)
}

extension NameRecords {
  /// The entry in flat memory:
  ///
  ///     u32 size of all that follows · u8 name length · name · u8 kinds
  ///     v4:      u16 count · count × 4 bytes in network order
  ///     v6:      u16 count · count × 16 bytes
  ///     service: u32 size of the rest · u8 target offset · u16 targets ·
  ///              targets × (u32 size of the rest · u8 label length · label · u16 ports · ports × u16 ·
  ///                         u16 v4 · v4 × 4 bytes · u16 v6 · v6 × 16 bytes)
  ///     pointer: u16 count · count × (u8 length · name)
  ///     alias:   u8 length · name
  ///     text:    u8 length · character strings
  ///
  /// Counts and sizes are in the machine's order, addresses and names as they go out.
  func packed(name: WireName) -> [UInt8] {
    var bytes: [UInt8] = [0, 0, 0, 0]
    bytes.reserveCapacity(32 + name.bytes.count + v4.count * 4 + v6.count * 16)
    bytes.append(UInt8(name.bytes.count))
    bytes += name.bytes
    var kinds: EntryKinds = []
    if !v4.isEmpty { kinds.insert(.v4) }
    if !v6.isEmpty { kinds.insert(.v6) }
    if !targets.isEmpty { kinds.insert(.service) }
    if !pointers.isEmpty { kinds.insert(.pointer) }
    if alias != nil { kinds.insert(.alias) }
    if !text.isEmpty { kinds.insert(.text) }
    if isApex { kinds.insert(.apex) }
    if isPodNamespace { kinds.insert(.podNamespace) }
    bytes.append(kinds.rawValue)
    if !v4.isEmpty { Self.append(v4, to: &bytes) }
    if !v6.isEmpty { Self.append(v6, to: &bytes) }
    if !targets.isEmpty { appendTargets(to: &bytes) }
    if !pointers.isEmpty {
      let kept = pointers.prefix(Int(UInt16.max))
      Self.append16(kept.count, to: &bytes)
      for pointer in kept {
        bytes.append(UInt8(pointer.bytes.count))
        bytes += pointer.bytes
      }
    }
    if let alias {
      bytes.append(UInt8(alias.bytes.count))
      bytes += alias.bytes
    }
    if !text.isEmpty {
      var strings: [UInt8] = []
      for string in text {
        let kept = string.utf8.prefix(255)
        guard strings.count + kept.count + 1 <= 255 else { break }
        strings.append(UInt8(kept.count))
        strings += kept
      }
      bytes.append(UInt8(strings.count))
      bytes += strings
    }
    Self.fillSize(at: 0, in: &bytes)
    return bytes
  }

  private func appendTargets(to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes += [0, 0, 0, 0, UInt8(targetOffset)]
    let kept = targets.prefix(Int(UInt16.max))
    Self.append16(kept.count, to: &bytes)
    for target in kept {
      let targetStart = bytes.count
      bytes += [0, 0, 0, 0, UInt8(target.label.utf8.count)]
      bytes += target.label.utf8
      Self.append16(target.ports.count, to: &bytes)
      for port in target.ports { Self.append16(Int(port), to: &bytes) }
      Self.append(target.v4, to: &bytes)
      Self.append(target.v6, to: &bytes)
      Self.fillSize(at: targetStart, in: &bytes)
    }
    Self.fillSize(at: start, in: &bytes)
  }

  private static func append(_ addresses: [UInt32], to bytes: inout [UInt8]) {
    let kept = addresses.prefix(Int(UInt16.max))
    append16(kept.count, to: &bytes)
    for address in kept { withUnsafeBytes(of: address.bigEndian) { bytes += $0 } }
  }

  private static func append(_ addresses: [IPAddress], to bytes: inout [UInt8]) {
    let kept = addresses.prefix(Int(UInt16.max))
    append16(kept.count, to: &bytes)
    for address in kept { bytes += address.bytes }
  }

  private static func append16(_ value: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt16(value)) { bytes += $0 }
  }

  /// Writes the number of bytes behind the four at `start` into these four.
  private static func fillSize(at start: Int, in bytes: inout [UInt8]) {
    let size = UInt32(bytes.count - start - 4)
    withUnsafeBytes(of: size) { bytes.replaceSubrange(start..<(start + 4), with: $0) }
  }
}

extension NameRecords {
  mutating func append(_ address: IPAddress) {
    if address.isIPv4 {
      let number = UInt32(truncatingIfNeeded: address.number)
      if !v4.contains(number) { v4.append(number) }
    } else if !v6.contains(address) {
      v6.append(address)
    }
  }
}
