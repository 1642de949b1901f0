import Netlink

/// The value of a frontend in the kernel's maps: five words, each a code that a rule looks up in a small verdict map.
///
/// Codes and not verdicts, because the kernel validates all elements of a table's verdict maps whenever one with a
/// chain is added: the cost of a change would grow with the number of Services.
struct FrontendWords: Equatable {
  /// The first word is never read. `Steps.decide` says why it is there.
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
