import Netlink

/// Keys and values of the sets as bytes, and back.
enum PolicyCodec {
  static func words(_ words: UInt32...) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * 4)
    for word in words { withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) } }
    return bytes
  }

  static func words(_ bytes: some Collection<UInt8>) -> [UInt32] {
    let bytes = Array(bytes)
    return bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count - raw.count % 4, by: 4).map {
        raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
      }
    }
  }

  private static func value(_ element: NFElement, _ count: Int) -> [UInt32]? {
    guard case .value(let bytes) = element.data, bytes.count == count * 4 else { return nil }
    return words(bytes)
  }

  // MARK: Elements

  static func element(_ address: IPAddress, _ subject: PolicyElements.Subject) -> NFElement {
    let standard = subject.standard
    return NFElement(
      address.bytes, data: .value(words(0, standard.table, standard.kind.rawValue, subject.blocks, subject.profile)))
  }

  static func element(_ address: IPAddress, _ peer: PolicyElements.Peer) -> NFElement {
    NFElement(address.bytes, data: .value(words(0, peer.identity, peer.group)))
  }

  static func element(own address: IPAddress) -> NFElement { NFElement(address.bytes + address.bytes) }

  static func element(_ pair: PolicyElements.Pair, _ verdict: PortVerdict) -> NFElement {
    NFElement(words(pair.profile, pair.peer), data: .value(words(0, verdict.kind.rawValue, verdict.table)))
  }

  static func element(_ table: UInt32, _ block: PolicyElements.Block) -> NFElement {
    let number = NFWord.native(table)
    return NFElement(
      number + block.first.bytes, to: number + block.last.bytes,
      data: .value(words(0, block.verdict.kind.rawValue, block.verdict.table)))
  }

  static func element(_ table: UInt32, _ ports: PolicyElements.Ports) -> NFElement {
    func key(_ transport: UInt8, _ port: UInt16) -> [UInt8] {
      NFWord.native(table) + NFWord.port(port, of: transport)
    }
    return NFElement(
      key(ports.protocols.lowerBound, ports.ports.lowerBound),
      to: key(ports.protocols.upperBound, ports.ports.upperBound))
  }

  // MARK: Reading; nil for what this program does not write

  static func subject(_ element: NFElement) -> (IPAddress, PolicyElements.Subject)? {
    guard let address = IPAddress(bytes: element.key), let words = value(element, 5), words[0] == 0,
      let kind = PortVerdict.Kind(rawValue: words[2])
    else { return nil }
    return (
      address,
      PolicyElements.Subject(
        profile: words[4], standard: PortVerdict(kind: kind, table: words[1]), blocks: words[3])
    )
  }

  static func peer(_ element: NFElement) -> (IPAddress, PolicyElements.Peer)? {
    guard let address = IPAddress(bytes: element.key), let words = value(element, 3), words[0] == 0 else { return nil }
    return (address, PolicyElements.Peer(identity: words[1], group: words[2]))
  }

  static func own(_ element: NFElement) -> (IPAddress, PolicyElements.Present)? {
    let half = element.key.count / 2
    guard element.key.prefix(half) == element.key.suffix(half), let address = IPAddress(bytes: element.key.prefix(half))
    else { return nil }
    return (address, PolicyElements.Present())
  }

  private static func verdict(_ element: NFElement) -> PortVerdict? {
    guard let words = value(element, 3), words[0] == 0, let kind = PortVerdict.Kind(rawValue: words[1]) else {
      return nil
    }
    return PortVerdict(kind: kind, table: words[2])
  }

  static func pair(_ element: NFElement) -> (PolicyElements.Pair, PortVerdict)? {
    let key = words(element.key)
    guard key.count == 2, let verdict = verdict(element) else { return nil }
    return (PolicyElements.Pair(profile: key[0], peer: key[1]), verdict)
  }

  static func block(_ element: NFElement) -> (UInt32, PolicyElements.Block)? {
    let end = element.keyEnd ?? element.key
    guard element.key.count > 4, end.count == element.key.count, element.key.prefix(4) == end.prefix(4),
      let first = IPAddress(bytes: element.key.dropFirst(4)), let last = IPAddress(bytes: end.dropFirst(4)),
      let verdict = verdict(element)
    else { return nil }
    return (words(element.key.prefix(4))[0], PolicyElements.Block(first: first, last: last, verdict: verdict))
  }

  static func ports(_ element: NFElement) -> (UInt32, PolicyElements.Ports)? {
    let (from, to) = (element.key, element.keyEnd ?? element.key)
    guard from.count == 12, to.count == 12, from.prefix(4) == to.prefix(4), from[4] <= to[4] else { return nil }
    func port(_ bytes: [UInt8]) -> UInt16 { UInt16(bytes[8]) << 8 | UInt16(bytes[9]) }
    guard port(from) <= port(to) else { return nil }
    return (
      words(from.prefix(4))[0],
      PolicyElements.Ports(protocols: from[4]...to[4], ports: port(from)...port(to))
    )
  }
}
