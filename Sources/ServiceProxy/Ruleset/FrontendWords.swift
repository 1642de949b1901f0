import Netlink

/// The value of a frontend in the kernel's maps: five words, each a code that a rule looks up in a small verdict map.
///
/// Codes and not verdicts, because the kernel validates all elements of a table's verdict maps whenever one with a
/// chain is added: the cost of a change would grow with the number of Services.
struct FrontendWords: Equatable {
  /// The first word is never read. `Steps.load(_:of:)` says why it is there.
  static let count = 5

  /// Which word a rule reads.
  enum Word: Int {
    /// What becomes of a new connection.
    case action = 1
    /// What becomes of it after the source ranges, or, with `externalTrafficPolicy: Local`, if it comes from within.
    case inside = 2
    /// With `externalTrafficPolicy: Local`: if it comes from elsewhere.
    case outside = 3
    /// How it leaves: what is remembered and whether it is masqueraded.
    case departure = 4
  }

  private var words: [UInt32]

  subscript(word: Word) -> UInt32 { words[word.rawValue] }

  init(_ frontend: Frontend, _ key: FrontendKey) {
    let node = key.isNodePort
    let action = ActionCode(frontend.action, nodePort: node).rawValue
    var first = action
    var inside = frontend.wide.map { ActionCode($0, nodePort: node).rawValue } ?? 0
    if frontend.sourceRanges != nil {
      first = (frontend.action == .external ? ActionCode.firewallExternal : .firewall).rawValue
      if frontend.action != .external { inside = action }
    }
    words = [
      0, first, inside, frontend.near.map { ActionCode($0, nodePort: node).rawValue } ?? 0,
      DepartureCode(frontend.masquerade, seconds: frontend.stickySeconds).rawValue,
    ]
  }

  /// The frontend without its endpoints; nil for what this program does not write.
  func frontend(_ key: FrontendKey) -> Frontend? {
    let node = key.isNodePort
    func action(_ word: Word) -> FrontendAction? { ActionCode(rawValue: self[word]).action(nodePort: node) }
    guard let (masquerade, seconds) = DepartureCode(rawValue: self[.departure]).meaning else { return nil }
    var frontend: Frontend
    switch ActionCode(rawValue: self[.action]) {
    case .firewall:
      guard let inside = action(.inside) else { return nil }
      frontend = Frontend(action: inside, masquerade: masquerade)
      frontend.sourceRanges = []
    case .firewallExternal:
      frontend = Frontend(action: .external, masquerade: masquerade)
      frontend.sourceRanges = []
    default:
      guard let first = action(.action) else { return nil }
      frontend = Frontend(action: first, masquerade: masquerade)
    }
    if frontend.action == .external {
      guard let inside = action(.inside), let outside = action(.outside) else { return nil }
      frontend.wide = inside
      frontend.near = outside
    }
    frontend.stickySeconds = seconds
    return FrontendWords(frontend, key) == self ? frontend : nil
  }

  var bytes: [UInt8] {
    words.withUnsafeBytes { Array($0) }
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count == 4 * Self.count else { return nil }
    words = bytes.withUnsafeBytes { raw in
      (0..<Self.count).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
    }
  }
}

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

/// How a connection leaves, as a number: the key of the `departures` and `arrivals` maps. Never zero.
struct DepartureCode: RawRepresentable, Hashable {
  var rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ masquerade: Frontend.Masquerade, seconds: UInt32) {
    rawValue = seconds << 2 | UInt32(masquerade.rawValue) + 1
  }

  var meaning: (masquerade: Frontend.Masquerade, seconds: UInt32)? {
    guard rawValue & 3 != 0, let masquerade = Frontend.Masquerade(rawValue: UInt8(rawValue & 3) - 1) else {
      return nil
    }
    return (masquerade, rawValue >> 2)
  }
}
