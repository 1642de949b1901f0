import Glibc
import Netlink

/// Sends Ethernet frames as they are, by an interface of a namespace.
final class Frames: Sendable {
  private let descriptor: Int32
  private let interface: Int32

  init(in namespace: NetworkNamespace, interface name: String = "eth0") throws {
    interface = try RouteSocket(in: namespace).index(of: name)
    descriptor = try namespace.run { () throws -> Int32 in
      let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { throw NetlinkError(call: "open", object: "packet socket", errno: errno) }
      return descriptor
    }
  }

  deinit { close(descriptor) }

  @discardableResult
  func send(_ frame: [UInt8]) -> Bool {
    // struct sockaddr_ll: family, protocol, interface, and an address that is in the frame already.
    var name = sockaddr_storage()
    name.ss_family = sa_family_t(AF_PACKET)
    withUnsafeMutableBytes(of: &name) { $0.storeBytes(of: interface, toByteOffset: 4, as: Int32.self) }
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, frame, frame.count, 0, $0, 20) == frame.count
      }
    }
  }
}

/// Packets by the byte.
enum Packet {
  static func ethernet(
    to: HardwareAddress, from: HardwareAddress, type: UInt16, _ payload: [UInt8]
  ) -> [UInt8] {
    to.bytes + from.bytes + big(type) + payload
  }

  /// RFC 826: 1 request, 2 reply.
  static func arp(
    _ operation: UInt16, sender: (HardwareAddress, IPAddress), target: (HardwareAddress, IPAddress)
  ) -> [UInt8] {
    big(1) + big(0x0800) + [6, 4] + big(operation) + sender.0.bytes + sender.1.bytes + target.0.bytes + target.1.bytes
  }

  static func ipv4(_ transport: UInt8, from: IPAddress, to: IPAddress, _ payload: [UInt8]) -> [UInt8] {
    var header: [UInt8] = [0x45, 0] + big(UInt16(20 + payload.count)) + [0, 1, 0, 0, 64, transport, 0, 0]
    header += from.bytes + to.bytes
    header.replaceSubrange(10..<12, with: big(checksum(header)))
    return header + payload
  }

  static func ipv6(_ next: UInt8, from: IPAddress, to: IPAddress, _ payload: [UInt8]) -> [UInt8] {
    [0x60, 0, 0, 0] + big(UInt16(payload.count)) + [next, 255] + from.bytes + to.bytes + payload
  }

  static func udp(from: UInt16, to: UInt16, _ payload: [UInt8]) -> [UInt8] {
    big(from) + big(to) + big(UInt16(8 + payload.count)) + [0, 0] + payload
  }

  static func icmp(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(2..<4, with: big(checksum(bytes)))
    return bytes
  }

  /// ICMPv6 with its checksum over the pseudo header.
  static func icmpv6(from: IPAddress, to: IPAddress, _ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let pseudo = from.bytes + to.bytes + [0, 0] + big(UInt16(bytes.count)) + [0, 0, 0, 58]
    bytes.replaceSubrange(2..<4, with: big(checksum(pseudo + bytes)))
    return ipv6(58, from: from, to: to, bytes)
  }

  /// An SCTP INIT (RFC 9260, 3.3.2).
  static func sctpInit(from: UInt16, to: UInt16) -> [UInt8] {
    var packet = big(from) + big(to) + [0, 0, 0, 0, 0, 0, 0, 0]
    packet += [1, 0, 0, 20, 1, 2, 3, 4, 0, 1, 0, 0, 0, 1, 0, 1, 9, 9, 9, 9]
    let sum = crc32c(packet)
    packet.replaceSubrange(8..<12, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) })
    return packet
  }

  static func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

  /// RFC 1071.
  private static func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
      sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    }
    while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
  }

  private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0x82f6_3b78 ^ (value >> 1) : value >> 1 }
    }
  }
}
