/// The rules by which names are asked for under other names, the most specific first.
struct RewriteRules: Sendable, Hashable {
  private let rules: [NameRewrite]

  init(_ rules: [NameRewrite]) {
    self.rules = rules.sorted { left, right in
      if left.isSuffix != right.isSuffix { return !left.isSuffix }
      return left.from.bytes.count > right.from.bytes.count
    }
  }

  /// What a name in lower-case wire form is asked for as; `nil` where no rule is about it, or where the new name would
  /// be too long.
  func target(of name: [UInt8]) -> [UInt8]? {
    guard !rules.isEmpty else { return nil }
    let wire = WireName(unchecked: name)
    guard let rule = rules.first(where: { $0.isSuffix ? wire.isWithin($0.from) : wire == $0.from }) else { return nil }
    let target = name.dropLast(rule.from.bytes.count) + rule.to.bytes
    return target.count <= MessageSize.nameLimit ? Array(target) : nil
  }
}
