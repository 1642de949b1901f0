import KubeAPI
import Netlink

extension ServiceFacts: PackedValue {
  private enum Tag: Int { case addressed, headless, alias }

  func pack(_ key: ObjectKey, into bytes: inout [UInt8]) {
    switch kind {
    case .addressed(let addresses):
      bytes.append(number: Tag.addressed.rawValue)
      bytes.append(addresses: addresses)
    case .headless: bytes.append(number: Tag.headless.rawValue)
    case .alias(let name):
      bytes.append(number: Tag.alias.rawValue)
      bytes.append(text: name)
    }
    bytes.append(ports: ports)
  }

  init(_ key: ObjectKey, from reader: inout PackedReader) {
    let kind: Kind =
      switch Tag(rawValue: reader.number()) {
      case .addressed: .addressed(reader.addresses())
      case .alias: .alias(reader.text())
      case .headless, nil: .headless
      }
    self.init(kind: kind, ports: reader.ports())
  }
}

extension SliceFacts: PackedValue {
  /// Each endpoint says whether it has a host name; where none has, only that is kept.
  func pack(_ key: ObjectKey, into bytes: inout [UInt8]) {
    bytes.append(text: service, beside: key.name)
    bytes.append(ports: ports)
    bytes.append(addresses: endpoints.map(\.address))
    let hasNames = endpoints.contains { $0.hostname != nil }
    bytes.append(hasNames ? 1 : 0)
    guard hasNames else { return }
    for endpoint in endpoints {
      bytes.append(endpoint.hostname == nil ? 0 : 1)
      if let name = endpoint.hostname { bytes.append(text: name) }
    }
  }

  init(_ key: ObjectKey, from reader: inout PackedReader) {
    let service = reader.text(beside: key.name)
    let ports = reader.ports()
    let addresses = reader.addresses()
    let hasNames = reader.byte() != 0
    let endpoints = addresses.map { address in
      Endpoint(address: address, hostname: hasNames && reader.byte() != 0 ? reader.text() : nil)
    }
    self.init(service: service, endpoints: endpoints, ports: ports)
  }
}

/// The names of a Service's slices, in order.
struct SliceNames: PackedValue {
  var names: [String] = []

  init() {}

  func pack(_ key: ObjectKey, into bytes: inout [UInt8]) {
    bytes.append(number: names.count)
    for name in names { bytes.append(text: name, beside: key.name) }
  }

  init(_ key: ObjectKey, from reader: inout PackedReader) {
    names = (0..<reader.number()).map { _ in reader.text(beside: key.name) }
  }
}

extension [UInt8] {
  /// A number for each protocol that a port may have, and the text of any other.
  fileprivate static let protocols = ["tcp", "udp", "sctp"]

  fileprivate mutating func append(ports: [PortFacts]) {
    append(number: ports.count)
    for port in ports {
      append(text: port.name)
      let code = Self.protocols.firstIndex(of: port.protocol)
      append(number: code ?? Self.protocols.count)
      if code == nil { append(text: port.protocol) }
      append(number: Int(port.number))
    }
  }

  /// Twice the count, and one more where IPv6 addresses are among them: each has its family before it then.
  fileprivate mutating func append(addresses: [IPAddress]) {
    let areIPv4 = addresses.allSatisfy(\.isIPv4)
    append(number: addresses.count * 2 + (areIPv4 ? 0 : 1))
    for address in addresses {
      if !areIPv4 { append(address.family.rawValue) }
      address.append(to: &self)
    }
  }
}

extension PackedReader {
  fileprivate mutating func ports() -> [PortFacts] {
    (0..<number()).map { _ in
      let name = text()
      let code = number()
      let transport = code < [UInt8].protocols.count ? [UInt8].protocols[code] : text()
      return PortFacts(name: name, protocol: transport, number: UInt16(truncatingIfNeeded: number()))
    }
  }

  fileprivate mutating func addresses() -> [IPAddress] {
    let head = number()
    return (0..<(head / 2)).compactMap { _ in
      let isIPv4 = head % 2 == 0 || byte() == IPAddress.Family.v4.rawValue
      return IPAddress(bytes: bytes(isIPv4 ? 4 : 16))
    }
  }
}
