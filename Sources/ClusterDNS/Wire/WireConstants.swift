/// Resource record types, by their IANA names.
enum RecordType {
  static let a: UInt16 = 1
  static let ns: UInt16 = 2
  static let cname: UInt16 = 5
  static let soa: UInt16 = 6
  static let ptr: UInt16 = 12
  static let hinfo: UInt16 = 13
  static let mx: UInt16 = 15
  static let txt: UInt16 = 16
  static let aaaa: UInt16 = 28
  static let srv: UInt16 = 33
  static let dname: UInt16 = 39
  static let opt: UInt16 = 41
  static let tkey: UInt16 = 249
  static let tsig: UInt16 = 250
  static let ixfr: UInt16 = 251
  static let axfr: UInt16 = 252
  static let mailb: UInt16 = 253
  static let maila: UInt16 = 254
  static let any: UInt16 = 255
}

enum RecordClass {
  static let internet: UInt16 = 1
  static let chaos: UInt16 = 3
  static let any: UInt16 = 255
}

/// Response codes (RFC 6895). Codes above 15 need EDNS.
enum ResponseCode {
  static let noError: UInt16 = 0
  static let formatError: UInt16 = 1
  static let serverFailure: UInt16 = 2
  static let nameError: UInt16 = 3
  static let notImplemented: UInt16 = 4
  static let refused: UInt16 = 5
  static let badVersion: UInt16 = 16
}

/// Bits of the header's second word (RFC 1035 §4.1.1, RFC 4035 §3.2).
enum HeaderFlag {
  static let response: UInt16 = 0x8000
  static let opcode: UInt16 = 0x7800
  static let authoritative: UInt16 = 0x0400
  static let truncated: UInt16 = 0x0200
  static let recursionDesired: UInt16 = 0x0100
  static let recursionAvailable: UInt16 = 0x0080
  static let authenticData: UInt16 = 0x0020
  static let checkingDisabled: UInt16 = 0x0010
  static let code: UInt16 = 0x000f
}

/// Sizes of a message, in bytes.
enum MessageSize {
  static let header = 12
  /// What a UDP client takes without EDNS (RFC 1035), and what a smaller EDNS payload is raised to (RFC 6891 §6.2.3).
  static let plainUDP = 512
  /// What fits every path unfragmented (DNS flag day 2020): larger EDNS payloads are lowered to it.
  static let maximumUDP = 1232
  static let maximumTCP = 65_535
  static let nameLimit = 255
  static let labelLimit = 63
  /// An OPT record without options: root, type, class, TTL, length.
  static let opt = 11
}
