import CLinux
import Glibc
public import Netlink

/// An address and a port.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  public var address: IPAddress
  public var port: UInt16

  public init(_ address: IPAddress, port: UInt16 = 53) {
    self.address = address
    self.port = port
  }

  /// Reads `10.96.0.10`, `10.96.0.10:5353`, `fd00::a` or `[fd00::a]:5353`.
  public init?(text: some StringProtocol, defaultPort: UInt16) {
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    if let address = IPAddress(isBracketed ? text.dropFirst().dropLast() : text[...]) {
      self.init(address, port: defaultPort)
      return
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard digits.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = UInt16(digits), let address = IPAddress(host)
    else { return nil }
    self.init(address, port: port)
  }

  public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }

  /// The sockaddr_in or sockaddr_in6 of it, as the kernel lays it out.
  var socketAddress: [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt16(address.isIPv4 ? AF_INET : AF_INET6)) { bytes += $0 }
    bytes.append(bigEndian: port)
    if !address.isIPv4 { bytes += [0, 0, 0, 0] }
    address.append(to: &bytes)
    // The zero padding of sockaddr_in, the scope of sockaddr_in6.
    bytes += address.isIPv4 ? [0, 0, 0, 0, 0, 0, 0, 0] : [0, 0, 0, 0]
    return bytes
  }

  /// What the kernel says a socket is bound to.
  static func bound(_ descriptor: Int32) -> ListenAddress? {
    var bytes = [UInt8](repeating: 0, count: 28)
    guard linux_socket_name(descriptor, &bytes, UInt32(bytes.count)) == 0 else { return nil }
    let isIPv4 = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) } == UInt16(AF_INET)
    return IPAddress(bytes: isIPv4 ? bytes[4..<8] : bytes[8..<24])
      .map { ListenAddress($0, port: bytes.bigEndian16(2)) }
  }
}

extension IPAddress {
  /// The address within a sockaddr_in or sockaddr_in6; `nil` for any other.
  init?(socketAddress: UnsafeRawPointer, _ length: Int) {
    guard length >= 8 else { return nil }
    let isIPv4 = socketAddress.loadUnaligned(as: UInt16.self) == UInt16(AF_INET)
    guard isIPv4 || length >= 24 else { return nil }
    self.init(
      bytes: UnsafeRawBufferPointer(start: socketAddress + (isIPv4 ? 4 : 8), count: isIPv4 ? 4 : 16))
  }
}
