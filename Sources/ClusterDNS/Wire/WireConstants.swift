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
  static let naptr: UInt16 = 35
  static let dname: UInt16 = 39
  static let opt: UInt16 = 41
  static let ds: UInt16 = 43
  static let rrsig: UInt16 = 46
  static let nsec: UInt16 = 47
  static let dnskey: UInt16 = 48
  static let svcb: UInt16 = 64
  static let https: UInt16 = 65
  static let tkey: UInt16 = 249
  static let tsig: UInt16 = 250
  static let ixfr: UInt16 = 251
  static let axfr: UInt16 = 252
  static let mailb: UInt16 = 253
  static let maila: UInt16 = 254
  static let any: UInt16 = 255
  static let caa: UInt16 = 257

  private static let names: [(UInt16, String)] = [
    (a, "A"), (ns, "NS"), (cname, "CNAME"), (soa, "SOA"), (ptr, "PTR"), (hinfo, "HINFO"), (mx, "MX"), (txt, "TXT"),
    (aaaa, "AAAA"), (srv, "SRV"), (naptr, "NAPTR"), (dname, "DNAME"), (opt, "OPT"), (ds, "DS"), (rrsig, "RRSIG"),
    (nsec, "NSEC"), (dnskey, "DNSKEY"), (svcb, "SVCB"), (https, "HTTPS"), (ixfr, "IXFR"), (axfr, "AXFR"),
    (caa, "CAA"), (any, "ANY"),
  ]

  /// As it is written; `TYPE123` for one without a name here (RFC 3597).
  static func name(_ type: UInt16) -> String { names.first { $0.0 == type }?.1 ?? "TYPE\(type)" }

  /// The type that is written so; `nil` where there is none.
  static func named(_ text: String) -> UInt16? {
    let text = text.uppercased()
    if let known = names.first(where: { $0.1 == text }) { return known.0 }
    return text.hasPrefix("TYPE") ? UInt16(text.dropFirst(4)) : nil
  }
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

  /// As it is written.
  static func name(_ code: UInt16) -> String {
    switch code {
    case noError: "NOERROR"
    case formatError: "FORMERR"
    case serverFailure: "SERVFAIL"
    case nameError: "NXDOMAIN"
    case notImplemented: "NOTIMP"
    case refused: "REFUSED"
    case badVersion: "BADVERS"
    default: "RCODE\(code)"
    }
  }
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
