import Netlink

/// The expressions that rules of one address family are made of. Registers are named by whoever lays out a key.
struct Steps {
  let family: IPAddress.Family

  init(_ family: IPAddress.Family) { self.family = family }

  /// RTN_LOCAL of `<linux/rtnetlink.h>`.
  static let localAddressType: UInt32 = 2

  var suffix: String { "\(family.rawValue)" }
  /// Registers that an address takes.
  var addressRegisters: Int { family == .v4 ? 1 : 4 }
  private var addressLength: Int { family == .v4 ? 4 : 16 }

  /// Ends the rule for packets of the other family. NFPROTO_IPV4 is 2, NFPROTO_IPV6 10.
  var isFamily: [NFExpression] {
    [.meta(.networkProtocol, into: 0), .compare(0, .equal, [family == .v4 ? 2 : 10])]
  }

  func source(_ register: Int) -> NFExpression {
    .payload(.network, offset: family == .v4 ? 12 : 8, length: addressLength, into: NFRegister(register))
  }

  func destination(_ register: Int) -> NFExpression {
    .payload(.network, offset: family == .v4 ? 16 : 24, length: addressLength, into: NFRegister(register))
  }

  func transport(_ register: Int) -> NFExpression { .meta(.transportProtocol, into: NFRegister(register)) }

  /// The destination port: TCP, UDP and SCTP have it in the same place.
  func port(_ register: Int) -> NFExpression {
    .payload(.transport, offset: 2, length: 2, into: NFRegister(register))
  }

  /// The key of a frontend from the first register on.
  var frontend: [NFExpression] {
    [destination(0), transport(addressRegisters), port(addressRegisters + 1)]
  }

  /// The key of a node port from the first register on.
  var nodePort: [NFExpression] { [transport(0), port(1)] }

  /// The key of the frontend that the client asked for, when the destination is translated already.
  var originalFrontend: [NFExpression] {
    [originalDestination(0), transport(addressRegisters), originalPort(addressRegisters + 1)]
  }

  var originalNodePort: [NFExpression] { [transport(0), originalPort(1)] }

  func originalDestination(_ register: Int) -> NFExpression {
    .conntrack(family == .v4 ? .destinationIPv4 : .destinationIPv6, .original, into: NFRegister(register))
  }

  func originalPort(_ register: Int) -> NFExpression {
    .conntrack(.destinationPort, .original, into: NFRegister(register))
  }

  /// Ends the rule unless the packet's source is an address of this machine.
  var isFromNode: [NFExpression] {
    [
      .fib(.source, .addressType, into: 0),
      .compare(0, .equal, withUnsafeBytes(of: Self.localAddressType) { Array($0) }),
    ]
  }

  /// Translates to the address and port in registers, one after the other.
  func translate(_ register: Int) -> NFExpression {
    .nat(
      .destination, family == .v4 ? .ipv4 : .ipv6, address: NFRegister(register),
      port: NFRegister(register + addressRegisters))
  }
}
