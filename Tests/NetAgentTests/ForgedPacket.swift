import Netlink

@testable import NetAgent

/// A UDP packet over IPv4 made by hand, with the text `forged`.
struct ForgedPacket {
  var from: IPAddress
  var to: IPAddress
  var port: UInt16
  /// The Ethernet address of the device that takes it out of VXLAN.
  var device: HardwareAddress

  private var packet: [UInt8] {
    let text = Array("forged".utf8)
    let length = UInt16(28 + text.count)
    var header: [UInt8] = [0x45, 0] + Self.bytes(length) + [0, 1, 0, 0, 64, 17, 0, 0] + from.bytes + to.bytes
    var sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) { $0 + UInt32(header[$1]) << 8 + UInt32(header[$1 + 1]) }
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    header.replaceSubrange(10..<12, with: Self.bytes(~UInt16(sum)))
    // No checksum, as UDP over IPv4 may.
    return header + Self.bytes(7999) + Self.bytes(port) + Self.bytes(length - 20) + [0, 0] + text
  }

  /// What follows the outer UDP header (RFC 7348, 5).
  func vxlan(_ identifier: UInt32) -> [UInt8] {
    let number = stride(from: 16, through: 0, by: -8).map { UInt8(truncatingIfNeeded: identifier >> $0) }
    return [0x08, 0, 0, 0] + number + [0] + device.bytes + HardwareAddress.local(1).bytes + [0x08, 0x00] + packet
  }

  private static func bytes(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }
}
