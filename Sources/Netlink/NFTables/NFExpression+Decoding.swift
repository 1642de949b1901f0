import CNetlink

extension NFExpression {
  /// Reads name and data. What is not understood in full, each of its attributes, is kept as `unknown`.
  init(_ attributes: Attributes) {
    let name = attributes.first(NFTA_EXPR_NAME)?.string ?? ""
    let data = attributes.first(NFTA_EXPR_DATA)
    let fields = Fields(data?.nested ?? Attributes(UnsafeRawBufferPointer(start: nil, count: 0)))
    let expression: NFExpression? =
      switch name {
      case "payload": Self.payload(fields)
      case "meta": Self.meta(fields)
      case "ct": Self.conntrack(fields)
      case "cmp": Self.compare(fields)
      case "range": Self.range(fields)
      case "bitwise": Self.bitwise(fields)
      case "byteorder": Self.byteOrder(fields)
      case "lookup": Self.lookup(fields)
      case "dynset": Self.dynset(fields)
      case "immediate": Self.immediate(fields)
      case "reject": Self.reject(fields)
      case "masq": .masquerade(NATFlags(rawValue: fields.number(NFTA_MASQ_FLAGS) ?? 0))
      case "nat": Self.nat(fields)
      case "redir": Self.redirect(fields)
      case "numgen": Self.numgen(fields)
      case "fib": Self.fib(fields)
      case "counter":
        .counter(
          packets: fields.wide(NFTA_COUNTER_PACKETS) ?? 0, bytes: fields.wide(NFTA_COUNTER_BYTES) ?? 0)
      case "limit": Self.limit(fields)
      case "notrack": .notrack
      case "log": Self.log(fields)
      default: nil
      }
    if let expression, fields.areAll(of: Self.attributes(of: name)) {
      self = expression
    } else {
      self = .unknown(name: name, data: data?.bytes ?? [])
    }
  }

  /// A bit for each attribute that the expressions of this name are read from.
  private static func attributes(of name: String) -> UInt32 {
    func bits(_ types: any RawRepresentable<UInt32>...) -> UInt32 { types.reduce(0) { $0 | 1 << $1.rawValue } }
    return switch name {
    case "payload": bits(NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN)
    case "meta": bits(NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG)
    case "ct": bits(NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_DIRECTION, NFTA_CT_SREG)
    case "cmp": bits(NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA)
    case "range": bits(NFTA_RANGE_SREG, NFTA_RANGE_OP, NFTA_RANGE_FROM_DATA, NFTA_RANGE_TO_DATA)
    case "bitwise":
      bits(
        NFTA_BITWISE_SREG, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_XOR, NFTA_BITWISE_OP)
    case "byteorder":
      bits(
        NFTA_BYTEORDER_SREG, NFTA_BYTEORDER_DREG, NFTA_BYTEORDER_OP, NFTA_BYTEORDER_LEN, NFTA_BYTEORDER_SIZE)
    case "lookup": bits(NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS)
    case "dynset":
      bits(NFTA_DYNSET_SET_NAME, NFTA_DYNSET_OP, NFTA_DYNSET_SREG_KEY, NFTA_DYNSET_SREG_DATA, NFTA_DYNSET_TIMEOUT)
    case "immediate": bits(NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA)
    case "reject": bits(NFTA_REJECT_TYPE, NFTA_REJECT_ICMP_CODE)
    case "masq": bits(NFTA_MASQ_FLAGS)
    case "nat":
      bits(
        NFTA_NAT_TYPE, NFTA_NAT_FAMILY, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX, NFTA_NAT_REG_PROTO_MIN,
        NFTA_NAT_REG_PROTO_MAX, NFTA_NAT_FLAGS)
    case "redir": bits(NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX, NFTA_REDIR_FLAGS)
    case "numgen": bits(NFTA_NG_DREG, NFTA_NG_MODULUS, NFTA_NG_TYPE, NFTA_NG_OFFSET)
    case "fib": bits(NFTA_FIB_DREG, NFTA_FIB_RESULT, NFTA_FIB_FLAGS)
    case "counter": bits(NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS)
    case "limit": bits(NFTA_LIMIT_RATE, NFTA_LIMIT_UNIT, NFTA_LIMIT_BURST, NFTA_LIMIT_TYPE, NFTA_LIMIT_FLAGS)
    case "log": bits(NFTA_LOG_PREFIX, NFTA_LOG_LEVEL)
    default: 0
    }
  }

  /// Typed access to an expression's attributes.
  private struct Fields {
    let attributes: Attributes

    init(_ attributes: Attributes) { self.attributes = attributes }

    /// Whether all attributes but those that are zero are among these.
    func areAll(of known: UInt32) -> Bool {
      attributes.allSatisfy { $0.type < 32 && known & 1 << UInt32($0.type) != 0 || $0.payload.allSatisfy { $0 == 0 } }
    }

    func number(_ type: some RawRepresentable<UInt32>) -> UInt32? { attributes.first(type)?.u32 }
    func wide(_ type: some RawRepresentable<UInt32>) -> UInt64? { attributes.first(type)?.number }
    func register(_ type: some RawRepresentable<UInt32>) -> NFRegister? {
      attributes.first(type).map { NFRegister(number: $0.u32) }
    }
    func value(_ type: some RawRepresentable<UInt32>) -> [UInt8]? {
      attributes.first(type)?.nested.first(NFTA_DATA_VALUE)?.bytes
    }
    func string(_ type: some RawRepresentable<UInt32>) -> String? { attributes.first(type)?.string }
  }

  private static func payload(_ fields: Fields) -> NFExpression? {
    guard let base = fields.number(NFTA_PAYLOAD_BASE).flatMap({ PayloadBase(rawValue: $0) }),
      let offset = fields.number(NFTA_PAYLOAD_OFFSET), let length = fields.number(NFTA_PAYLOAD_LEN),
      let register = fields.register(NFTA_PAYLOAD_DREG)
    else { return nil }
    return .payload(base, offset: Int(offset), length: Int(length), into: register)
  }

  private static func meta(_ fields: Fields) -> NFExpression? {
    guard let key = fields.number(NFTA_META_KEY).flatMap({ MetaKey(rawValue: $0) }) else { return nil }
    if let register = fields.register(NFTA_META_DREG) { return .meta(key, into: register) }
    return fields.register(NFTA_META_SREG).map { .setMeta(key, from: $0) }
  }

  private static func conntrack(_ fields: Fields) -> NFExpression? {
    guard let key = fields.number(NFTA_CT_KEY).flatMap({ ConntrackKey(rawValue: $0) }) else { return nil }
    if let register = fields.register(NFTA_CT_SREG) { return .setConntrack(key, from: register) }
    let direction = fields.number(NFTA_CT_DIRECTION).flatMap { Direction(rawValue: UInt8(truncatingIfNeeded: $0)) }
    return fields.register(NFTA_CT_DREG).map { .conntrack(key, direction, into: $0) }
  }

  private static func compare(_ fields: Fields) -> NFExpression? {
    guard let register = fields.register(NFTA_CMP_SREG),
      let comparison = fields.number(NFTA_CMP_OP).flatMap({ Comparison(rawValue: $0) }),
      let value = fields.value(NFTA_CMP_DATA)
    else { return nil }
    return .compare(register, comparison, value)
  }

  private static func range(_ fields: Fields) -> NFExpression? {
    guard let register = fields.register(NFTA_RANGE_SREG), let from = fields.value(NFTA_RANGE_FROM_DATA),
      let to = fields.value(NFTA_RANGE_TO_DATA)
    else { return nil }
    return .range(register, from: from, to: to, inverted: fields.number(NFTA_RANGE_OP) == 1)
  }

  private static func bitwise(_ fields: Fields) -> NFExpression? {
    guard fields.number(NFTA_BITWISE_OP) ?? 0 == 0, let from = fields.register(NFTA_BITWISE_SREG),
      let into = fields.register(NFTA_BITWISE_DREG), let mask = fields.value(NFTA_BITWISE_MASK),
      let xor = fields.value(NFTA_BITWISE_XOR)
    else { return nil }
    return .bitwise(from: from, into: into, mask: mask, xor: xor)
  }

  private static func byteOrder(_ fields: Fields) -> NFExpression? {
    guard let from = fields.register(NFTA_BYTEORDER_SREG), let into = fields.register(NFTA_BYTEORDER_DREG),
      fields.number(NFTA_BYTEORDER_OP) == NFT_BYTEORDER_HTON.rawValue,
      let length = fields.number(NFTA_BYTEORDER_LEN), let size = fields.number(NFTA_BYTEORDER_SIZE)
    else { return nil }
    return .byteOrder(from: from, into: into, length: Int(length), size: Int(size))
  }

  private static func lookup(_ fields: Fields) -> NFExpression? {
    guard let set = fields.string(NFTA_LOOKUP_SET), let key = fields.register(NFTA_LOOKUP_SREG) else { return nil }
    let inverted = (fields.number(NFTA_LOOKUP_FLAGS) ?? 0) & NFT_LOOKUP_F_INV.rawValue != 0
    guard let into = fields.number(NFTA_LOOKUP_DREG) else {
      return .lookup(set: set, key: key, inverted: inverted)
    }
    // NFT_REG_VERDICT
    if into == 0 { return .verdictMap(set, key: key) }
    return .lookup(set: set, key: key, into: NFRegister(number: into), inverted: inverted)
  }

  private static func dynset(_ fields: Fields) -> NFExpression? {
    guard let set = fields.string(NFTA_DYNSET_SET_NAME), let key = fields.register(NFTA_DYNSET_SREG_KEY),
      let operation = fields.number(NFTA_DYNSET_OP).flatMap({ DynsetOperation(rawValue: $0) })
    else { return nil }
    return .dynset(
      operation, set: set, key: key, data: fields.register(NFTA_DYNSET_SREG_DATA),
      timeout: fields.wide(NFTA_DYNSET_TIMEOUT).flatMap { $0 == 0 ? nil : $0 })
  }

  private static func immediate(_ fields: Fields) -> NFExpression? {
    guard let data = fields.attributes.first(NFTA_IMMEDIATE_DATA).flatMap({ NFData($0.nested) }) else { return nil }
    switch data {
    case .verdict(let verdict): return .verdict(verdict)
    case .value(let bytes): return fields.register(NFTA_IMMEDIATE_DREG).map { .immediate(bytes, into: $0) }
    }
  }

  private static func reject(_ fields: Fields) -> NFExpression? {
    let code = UInt8(truncatingIfNeeded: fields.number(NFTA_REJECT_ICMP_CODE) ?? 0)
    switch fields.number(NFTA_REJECT_TYPE) {
    case NFT_REJECT_TCP_RST.rawValue: return .reject(.tcpReset)
    case NFT_REJECT_ICMP_UNREACH.rawValue: return .reject(.icmp(code))
    case NFT_REJECT_ICMPX_UNREACH.rawValue: return .reject(.icmpAnyFamily(code))
    default: return nil
    }
  }

  /// A range of addresses or ports begins in one register and ends in another; here it is one address, one port.
  private static func isOne(
    _ fields: Fields, from first: some RawRepresentable<UInt32>, to last: some RawRepresentable<UInt32>
  ) -> Bool {
    fields.register(last) == nil || fields.register(last) == fields.register(first)
  }

  private static func redirect(_ fields: Fields) -> NFExpression? {
    // NF_NAT_RANGE_PROTO_SPECIFIED follows from the register; the kernel adds it.
    guard isOne(fields, from: NFTA_REDIR_REG_PROTO_MIN, to: NFTA_REDIR_REG_PROTO_MAX),
      (fields.number(NFTA_REDIR_FLAGS) ?? 0) & ~2 == 0
    else { return nil }
    return .redirect(port: fields.register(NFTA_REDIR_REG_PROTO_MIN))
  }

  private static func log(_ fields: Fields) -> NFExpression? {
    // LOGLEVEL_WARNING is what the kernel takes where none is said.
    guard fields.number(NFTA_LOG_LEVEL) ?? 4 == 4 else { return nil }
    return .log(prefix: fields.string(NFTA_LOG_PREFIX) ?? "")
  }

  private static func nat(_ fields: Fields) -> NFExpression? {
    guard isOne(fields, from: NFTA_NAT_REG_ADDR_MIN, to: NFTA_NAT_REG_ADDR_MAX),
      isOne(fields, from: NFTA_NAT_REG_PROTO_MIN, to: NFTA_NAT_REG_PROTO_MAX)
    else { return nil }
    guard let kind = fields.number(NFTA_NAT_TYPE).flatMap({ NATKind(rawValue: $0) }),
      let family = fields.number(NFTA_NAT_FAMILY).flatMap({ NFFamily(rawValue: UInt8(truncatingIfNeeded: $0)) })
    else { return nil }
    // MAP_IPS and PROTO_SPECIFIED follow from the registers; the kernel adds them.
    let flags = NATFlags(rawValue: (fields.number(NFTA_NAT_FLAGS) ?? 0) & ~3)
    return .nat(
      kind, family, address: fields.register(NFTA_NAT_REG_ADDR_MIN), port: fields.register(NFTA_NAT_REG_PROTO_MIN),
      flags: flags)
  }

  private static func numgen(_ fields: Fields) -> NFExpression? {
    guard let generator = fields.number(NFTA_NG_TYPE).flatMap({ NumberGenerator(rawValue: $0) }),
      let modulus = fields.number(NFTA_NG_MODULUS), let register = fields.register(NFTA_NG_DREG)
    else { return nil }
    return .numgen(generator, modulus: modulus, offset: fields.number(NFTA_NG_OFFSET) ?? 0, into: register)
  }

  private static func fib(_ fields: Fields) -> NFExpression? {
    guard let result = fields.number(NFTA_FIB_RESULT).flatMap({ FIBResult(rawValue: $0) }),
      let register = fields.register(NFTA_FIB_DREG)
    else { return nil }
    return .fib(FIBFlags(rawValue: fields.number(NFTA_FIB_FLAGS) ?? 0), result, into: register)
  }

  private static func limit(_ fields: Fields) -> NFExpression? {
    guard fields.number(NFTA_LIMIT_TYPE) == NFT_LIMIT_PKTS.rawValue, let rate = fields.wide(NFTA_LIMIT_RATE),
      let seconds = fields.wide(NFTA_LIMIT_UNIT)
    else { return nil }
    return .limit(
      rate: rate, seconds: seconds, burst: fields.number(NFTA_LIMIT_BURST) ?? 0,
      inverted: (fields.number(NFTA_LIMIT_FLAGS) ?? 0) & NFT_LIMIT_F_INV.rawValue != 0)
  }
}
