/// Steps that many rules have.
extension NFExpression {
  /// Ends the rule for packets of the other family. Uses register 0; NFPROTO_IPV4 is 2, NFPROTO_IPV6 10.
  public static func isFamily(_ family: IPAddress.Family) -> [NFExpression] {
    [.meta(.networkProtocol, into: 0), .compare(0, .equal, [family == .v4 ? 2 : 10])]
  }

  /// Loads the source address from the IP header (RFC 791, 8200).
  public static func source(_ family: IPAddress.Family, into register: NFRegister) -> NFExpression {
    .payload(.network, offset: family == .v4 ? 12 : 8, length: family.byteCount, into: register)
  }

  /// Loads the destination address from the IP header (RFC 791, 8200).
  public static func destination(_ family: IPAddress.Family, into register: NFRegister) -> NFExpression {
    .payload(.network, offset: family == .v4 ? 16 : 24, length: family.byteCount, into: register)
  }

  /// Ends the rule unless the packet's source or destination is an address of this machine. Uses register 0; RTN_LOCAL of
  /// `<linux/rtnetlink.h>` is 2.
  public static func isLocal(_ address: FIBFlags) -> [NFExpression] {
    [.fib(address, .addressType, into: 0), .compare(0, .equal, NFWord.native(2))]
  }
}
