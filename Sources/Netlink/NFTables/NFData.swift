import CNetlink

/// What a register, a map element or an immediate holds: up to 64 bytes, or a verdict.
public enum NFData: Hashable, Sendable {
  case value([UInt8])
  case verdict(NFVerdict)

  func encode(into message: inout MessageBuffer) {
    switch self {
    case .value(let bytes): message.put(NFTA_DATA_VALUE, bytes)
    case .verdict(let verdict): verdict.encode(into: &message)
    }
  }

  init?(_ attributes: Attributes) {
    if let value = attributes.first(NFTA_DATA_VALUE) {
      self = .value(value.bytes)
    } else if let verdict = attributes.first(NFTA_DATA_VERDICT).flatMap({ NFVerdict($0.nested) }) {
      self = .verdict(verdict)
    } else {
      return nil
    }
  }
}
