import CNetlink

extension NFExpression {
  /// The kernel's name of the expression.
  public var name: String {
    switch self {
    case .payload: "payload"
    case .meta, .setMeta: "meta"
    case .conntrack, .setConntrack: "ct"
    case .compare: "cmp"
    case .range: "range"
    case .bitwise: "bitwise"
    case .byteOrder: "byteorder"
    case .lookup, .verdictMap: "lookup"
    case .dynset: "dynset"
    case .immediate, .verdict: "immediate"
    case .reject: "reject"
    case .masquerade: "masq"
    case .nat: "nat"
    case .redirect: "redir"
    case .numgen: "numgen"
    case .fib: "fib"
    case .counter: "counter"
    case .limit: "limit"
    case .notrack: "notrack"
    case .log: "log"
    case .unknown(let name, _): name
    }
  }

  /// Writes name and data, into a nest that the caller has begun.
  func encode(into message: inout MessageBuffer) {
    message.put(NFTA_EXPR_NAME, name)
    switch self {
    case .notrack: break
    case .unknown(_, let data):
      message.put(NFTA_EXPR_DATA, data)
    default:
      message.nest(NFTA_EXPR_DATA) { encodeData(into: &$0) }
    }
  }

  private func encodeData(into message: inout MessageBuffer) {
    switch self {
    case .payload(let base, let offset, let length, let register):
      message.put(NFTA_PAYLOAD_DREG, register.number)
      message.put(NFTA_PAYLOAD_BASE, base.rawValue)
      message.put(NFTA_PAYLOAD_OFFSET, UInt32(offset))
      message.put(NFTA_PAYLOAD_LEN, UInt32(length))
    case .meta(let key, let register):
      message.put(NFTA_META_DREG, register.number)
      message.put(NFTA_META_KEY, key.rawValue)
    case .setMeta(let key, let register):
      message.put(NFTA_META_KEY, key.rawValue)
      message.put(NFTA_META_SREG, register.number)
    case .conntrack(let key, let direction, let register):
      message.put(NFTA_CT_DREG, register.number)
      message.put(NFTA_CT_KEY, key.rawValue)
      if let direction { message.put(NFTA_CT_DIRECTION, direction.rawValue) }
    case .setConntrack(let key, let register):
      message.put(NFTA_CT_KEY, key.rawValue)
      message.put(NFTA_CT_SREG, register.number)
    case .compare(let register, let comparison, let bytes):
      message.put(NFTA_CMP_SREG, register.number)
      message.put(NFTA_CMP_OP, comparison.rawValue)
      message.nest(NFTA_CMP_DATA) { $0.put(NFTA_DATA_VALUE, bytes) }
    case .range(let register, let from, let to, let inverted):
      message.put(NFTA_RANGE_SREG, register.number)
      message.put(NFTA_RANGE_OP, inverted ? UInt32(1) : UInt32(0))
      message.nest(NFTA_RANGE_FROM_DATA) { $0.put(NFTA_DATA_VALUE, from) }
      message.nest(NFTA_RANGE_TO_DATA) { $0.put(NFTA_DATA_VALUE, to) }
    case .bitwise(let from, let into, let mask, let xor):
      message.put(NFTA_BITWISE_SREG, from.number)
      message.put(NFTA_BITWISE_DREG, into.number)
      message.put(NFTA_BITWISE_LEN, UInt32(mask.count))
      message.nest(NFTA_BITWISE_MASK) { $0.put(NFTA_DATA_VALUE, mask) }
      message.nest(NFTA_BITWISE_XOR) { $0.put(NFTA_DATA_VALUE, xor) }
    case .byteOrder(let from, let into, let length, let size):
      message.put(NFTA_BYTEORDER_SREG, from.number)
      message.put(NFTA_BYTEORDER_DREG, into.number)
      message.put(NFTA_BYTEORDER_OP, UInt32(NFT_BYTEORDER_HTON.rawValue))
      message.put(NFTA_BYTEORDER_LEN, UInt32(length))
      message.put(NFTA_BYTEORDER_SIZE, UInt32(size))
    case .immediate(let bytes, let register):
      message.put(NFTA_IMMEDIATE_DREG, register.number)
      message.nest(NFTA_IMMEDIATE_DATA) { $0.put(NFTA_DATA_VALUE, bytes) }
    case .verdict(let verdict):
      message.put(NFTA_IMMEDIATE_DREG, UInt32(0))
      message.nest(NFTA_IMMEDIATE_DATA) { verdict.encode(into: &$0) }
    case .lookup, .verdictMap, .dynset: encodeSetAccess(into: &message)
    case .nat, .masquerade, .redirect, .reject: encodeTranslation(into: &message)
    default: encodeRest(into: &message)
    }
  }

  private func encodeSetAccess(into message: inout MessageBuffer) {
    switch self {
    case .lookup(let set, let key, let into, let inverted):
      message.put(NFTA_LOOKUP_SET, set)
      message.put(NFTA_LOOKUP_SREG, key.number)
      if let into { message.put(NFTA_LOOKUP_DREG, into.number) }
      if inverted { message.put(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV.rawValue) }
    case .verdictMap(let set, let key):
      message.put(NFTA_LOOKUP_SET, set)
      message.put(NFTA_LOOKUP_SREG, key.number)
      message.put(NFTA_LOOKUP_DREG, UInt32(0))
    case .dynset(let operation, let set, let key, let data, let timeout):
      message.put(NFTA_DYNSET_SET_NAME, set)
      message.put(NFTA_DYNSET_OP, operation.rawValue)
      message.put(NFTA_DYNSET_SREG_KEY, key.number)
      if let data { message.put(NFTA_DYNSET_SREG_DATA, data.number) }
      if let timeout { message.put(NFTA_DYNSET_TIMEOUT, timeout) }
    default: break
    }
  }

  private func encodeTranslation(into message: inout MessageBuffer) {
    switch self {
    case .nat(let kind, let family, let address, let port, let flags):
      message.put(NFTA_NAT_TYPE, kind.rawValue)
      message.put(NFTA_NAT_FAMILY, UInt32(family.rawValue))
      if let address { message.put(NFTA_NAT_REG_ADDR_MIN, address.number) }
      if let port { message.put(NFTA_NAT_REG_PROTO_MIN, port.number) }
      if !flags.isEmpty { message.put(NFTA_NAT_FLAGS, flags.rawValue) }
    case .masquerade(let flags):
      if !flags.isEmpty { message.put(NFTA_MASQ_FLAGS, flags.rawValue) }
    case .redirect(let port):
      if let port { message.put(NFTA_REDIR_REG_PROTO_MIN, port.number) }
    case .reject(.tcpReset):
      message.put(NFTA_REJECT_TYPE, UInt32(NFT_REJECT_TCP_RST.rawValue))
    case .reject(.icmp(let code)):
      message.put(NFTA_REJECT_TYPE, UInt32(NFT_REJECT_ICMP_UNREACH.rawValue))
      message.put(NFTA_REJECT_ICMP_CODE, code)
    case .reject(.icmpAnyFamily(let code)):
      message.put(NFTA_REJECT_TYPE, UInt32(NFT_REJECT_ICMPX_UNREACH.rawValue))
      message.put(NFTA_REJECT_ICMP_CODE, code)
    default: break
    }
  }

  private func encodeRest(into message: inout MessageBuffer) {
    switch self {
    case .numgen(let generator, let modulus, let offset, let register):
      message.put(NFTA_NG_DREG, register.number)
      message.put(NFTA_NG_MODULUS, modulus)
      message.put(NFTA_NG_TYPE, generator.rawValue)
      message.put(NFTA_NG_OFFSET, offset)
    case .fib(let flags, let result, let register):
      message.put(NFTA_FIB_FLAGS, flags.rawValue)
      message.put(NFTA_FIB_RESULT, result.rawValue)
      message.put(NFTA_FIB_DREG, register.number)
    case .counter(let packets, let bytes):
      message.put(NFTA_COUNTER_BYTES, bytes)
      message.put(NFTA_COUNTER_PACKETS, packets)
    case .limit(let rate, let seconds, let burst, let inverted):
      message.put(NFTA_LIMIT_RATE, rate)
      message.put(NFTA_LIMIT_UNIT, seconds)
      message.put(NFTA_LIMIT_BURST, burst)
      message.put(NFTA_LIMIT_TYPE, UInt32(NFT_LIMIT_PKTS.rawValue))
      message.put(NFTA_LIMIT_FLAGS, inverted ? UInt32(NFT_LIMIT_F_INV.rawValue) : UInt32(0))
    case .log(let prefix):
      message.put(NFTA_LOG_PREFIX, prefix)
    default: break
    }
  }
}
