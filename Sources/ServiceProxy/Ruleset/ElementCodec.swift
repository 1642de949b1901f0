import Netlink

/// Keys and values of the maps, as bytes and back.
enum ElementCodec {
  static func append(_ key: FrontendKey, to bytes: inout [UInt8]) {
    if case .address(let address) = key.place { address.append(to: &bytes) }
    NFWord.append(protocol: key.transport.rawValue, to: &bytes)
    NFWord.append(port: key.port, to: &bytes)
  }

  static func frontend(_ key: FrontendKey) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    append(key, to: &bytes)
    return bytes
  }

  static func bucket(_ key: FrontendKey, _ bucket: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(28)
    append(key, to: &bytes)
    withUnsafeBytes(of: bucket) { bytes.append(contentsOf: $0) }
    return bytes
  }

  static func target(_ target: EndpointTarget) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(20)
    target.address.append(to: &bytes)
    NFWord.append(port: target.port, to: &bytes)
    return bytes
  }

  // MARK: Reading

  /// Reads a frontend at the beginning of a key; the rest is what follows it.
  static func frontend(
    _ bytes: [UInt8], isNodePort: Bool, _ family: IPAddress.Family
  ) -> (key: FrontendKey, rest: ArraySlice<UInt8>)? {
    let width = isNodePort ? 0 : family.byteCount
    guard bytes.count >= width + 8, let transport = Transport(rawValue: bytes[width]) else { return nil }
    let port = UInt16(bytes[width + 4]) << 8 | UInt16(bytes[width + 5])
    let place: FrontendKey.Place
    if isNodePort {
      place = .node(family)
    } else {
      guard let address = IPAddress(bytes: bytes[..<width]) else { return nil }
      place = .address(address)
    }
    return (FrontendKey(place, transport, port), bytes[(width + 8)...])
  }

  /// Reads an element of the affinity map: the frontend that the client asked for, and the endpoint it is bound to.
  static func binding(_ element: NFElement, _ family: IPAddress.Family) -> (key: FrontendKey, target: EndpointTarget)? {
    guard let target = target(element.data, family),
      let (key, _) = frontend(Array(element.key.dropFirst(family.byteCount)), isNodePort: false, family)
    else { return nil }
    return (key, target)
  }

  static func target(_ data: NFData?, _ family: IPAddress.Family) -> EndpointTarget? {
    guard case .value(let bytes) = data, bytes.count == family.byteCount + 4,
      let address = IPAddress(bytes: bytes[..<family.byteCount])
    else { return nil }
    return EndpointTarget(
      address, UInt16(bytes[family.byteCount]) << 8 | UInt16(bytes[family.byteCount + 1]))
  }
}
