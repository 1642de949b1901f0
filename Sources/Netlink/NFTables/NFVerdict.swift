import CNetlink

/// What becomes of a packet, or where its evaluation goes on.
public enum NFVerdict: Hashable, Sendable {
  case accept
  case drop
  /// Evaluation goes on with the next rule.
  case `continue`
  /// Back to the chain that jumped here; at the end of a base chain its policy.
  case `return`
  case jump(String)
  case goto(String)

  var code: Int32 {
    switch self {
    case .drop: 0  // NF_DROP
    case .accept: 1  // NF_ACCEPT
    case .continue: NFT_CONTINUE.rawValue
    case .jump: NFT_JUMP.rawValue
    case .goto: NFT_GOTO.rawValue
    case .return: NFT_RETURN.rawValue
    }
  }

  /// The chain that a jump or goto leads to.
  public var target: String? {
    switch self {
    case .jump(let chain), .goto(let chain): chain
    default: nil
    }
  }

  func encode(into message: inout MessageBuffer) {
    message.nest(NFTA_DATA_VERDICT) {
      $0.put(NFTA_VERDICT_CODE, UInt32(bitPattern: code))
      if let target { $0.put(NFTA_VERDICT_CHAIN, target) }
    }
  }

  init?(_ attributes: Attributes) {
    guard let code = attributes.first(NFTA_VERDICT_CODE) else { return nil }
    let chain = attributes.first(NFTA_VERDICT_CHAIN)?.string
    switch Int32(bitPattern: code.u32) {
    case 0: self = .drop
    case 1: self = .accept
    case NFT_CONTINUE.rawValue: self = .continue
    case NFT_RETURN.rawValue: self = .return
    case NFT_JUMP.rawValue:
      guard let chain else { return nil }
      self = .jump(chain)
    case NFT_GOTO.rawValue:
      guard let chain else { return nil }
      self = .goto(chain)
    default: return nil
    }
  }
}
