/// What becomes of a new connection, as a number: the key of the `actions` maps, and of the `choices` maps for what
/// was looked at already. They are two because the kernel lets no chain lead to itself, by whatever key.
struct ActionCode: RawRepresentable, Hashable {
  var rawValue: UInt32

  // Even numbers; those that balance are odd.
  static let reject = ActionCode(rawValue: 2)
  static let drop = ActionCode(rawValue: 4)
  static let external = ActionCode(rawValue: 6)
  static let nodePortExternal = ActionCode(rawValue: 8)
  static let firewall = ActionCode(rawValue: 10)
  static let firewallExternal = ActionCode(rawValue: 12)
}

extension ActionCode {
  private static let isSticky: UInt32 = 2
  private static let isLocal: UInt32 = 4
  private static let isNodePort: UInt32 = 8

  init(_ action: FrontendAction, nodePort: Bool) {
    switch action {
    case .reject: self = .reject
    case .drop: self = .drop
    case .external: self = nodePort ? .nodePortExternal : .external
    case .balance(let slots, let local, let sticky):
      rawValue =
        UInt32(slots) << 4 | 1 | (sticky ? Self.isSticky : 0) | (local ? Self.isLocal : 0)
        | (nodePort ? Self.isNodePort : 0)
    }
  }

  /// Nil for a number that stands for nothing, or for something of the other kind of frontend.
  func action(nodePort: Bool) -> FrontendAction? {
    let action: FrontendAction
    switch self {
    case .reject: action = .reject
    case .drop: action = .drop
    case .external, .nodePortExternal: action = .external
    default:
      guard rawValue & 1 != 0, rawValue >> 4 > 0 else { return nil }
      action = .balance(
        slots: Int(rawValue >> 4), local: rawValue & Self.isLocal != 0, sticky: rawValue & Self.isSticky != 0)
    }
    return ActionCode(action, nodePort: nodePort) == self ? action : nil
  }
}
