extension Duration {
  /// Reads a duration as Go programs write them: `24h0m0s`, `1.5h`, `300ms`, `0`.
  ///
  /// Source: `time.ParseDuration`. Negative ones are refused.
  public init?(goSyntax text: some StringProtocol) {
    if text == "0" {
      self = .zero
      return
    }
    let units: [String: Duration] = [
      "ns": .nanoseconds(1), "us": .microseconds(1), "µs": .microseconds(1), "ms": .milliseconds(1),
      "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
    ]
    func isNumber(_ character: Character) -> Bool { character == "." || ("0"..."9").contains(character) }
    var rest = text.drop { $0 == "+" }
    var sum = Duration.zero
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix(while: isNumber)
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { !isNumber($0) }
      rest = rest.dropFirst(unit.count)
      // Longer ones are no times that anybody waits for, and do not fit.
      guard let factor = units[String(unit)], let value = Double(number), value <= 1e9 else { return nil }
      sum += factor * value
    }
    self = sum
  }
}
