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
