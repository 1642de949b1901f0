extension Double {
  /// With so many digits behind the point; `nan` and numbers too large for it as Swift writes them.
  func text(_ digits: Int) -> String {
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = (magnitude * Double(scale)).rounded()
    guard scaled < 1e18 else { return "\(self)" }
    let number = Int(scaled)
    let sign = self < 0 && number > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(number)" }
    let fraction = String(number % scale)
    return "\(sign)\(number / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }
}
