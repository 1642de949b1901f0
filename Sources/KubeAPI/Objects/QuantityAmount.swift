extension Quantity {
  /// An exact amount: a count of billionths and the notation it is written in.
  ///
  /// Like upstream, anything finer than a billionth is rounded away from zero, and nothing is larger than 2⁶³ − 1 units.
  public struct Amount: Sendable, Hashable, Comparable, AdditiveArithmetic, CustomStringConvertible {
    public enum Format: Sendable, Hashable {
      /// `1Ki`, `512Mi`.
      case binary
      /// `100m`, `5k`.
      case decimal
      /// `1e3`.
      case exponent
    }

    /// Billionths of a unit.
    public private(set) var nanos: Int128
    public var format: Format

    static let nanosPerUnit: Int128 = 1_000_000_000
    static let maximum = Int128(Int64.max) * nanosPerUnit

    public init(nanos: Int128, format: Format = .decimal) {
      self.nanos = min(max(nanos, -Self.maximum), Self.maximum)
      self.format = format
    }

    public init(value: Int64, format: Format = .decimal) {
      self.init(nanos: Int128(value) * Self.nanosPerUnit, format: format)
    }

    public init(milliValue: Int64, format: Format = .decimal) {
      self.init(nanos: Int128(milliValue) * 1_000_000, format: format)
    }

    public static var zero: Amount { Amount(nanos: 0) }

    /// Whole units, rounded away from zero.
    public var value: Int64 { Int64(clamping: roundedUp(toMultipleOf: Self.nanosPerUnit)) }
    /// Thousandths, rounded away from zero.
    public var milliValue: Int64 { Int64(clamping: roundedUp(toMultipleOf: 1_000_000)) }

    private func roundedUp(toMultipleOf unit: Int128) -> Int128 {
      let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
      return remainder == 0 ? quotient : quotient + (nanos < 0 ? -1 : 1)
    }

    /// The next amount of whole thousandths, away from zero.
    public var roundedToMilli: Amount { Amount(nanos: roundedUp(toMultipleOf: 1_000_000) * 1_000_000, format: format) }

    public static func == (left: Self, right: Self) -> Bool { left.nanos == right.nanos }
    public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
    public static func < (left: Self, right: Self) -> Bool { left.nanos < right.nanos }

    /// The sum, in the notation of the first that is not zero.
    public static func + (left: Self, right: Self) -> Self {
      Amount(nanos: left.nanos + right.nanos, format: left.nanos == 0 ? right.format : left.format)
    }

    public static func - (left: Self, right: Self) -> Self {
      Amount(nanos: left.nanos - right.nanos, format: left.nanos == 0 ? right.format : left.format)
    }

    /// `factor` times the amount.
    public static func * (amount: Self, factor: Int64) -> Self {
      let (product, overflow) = amount.nanos.multipliedReportingOverflow(by: Int128(factor))
      if overflow {
        return Amount(nanos: (amount.nanos < 0) == (factor < 0) ? maximum : -maximum, format: amount.format)
      }
      return Amount(nanos: product, format: amount.format)
    }
  }
}

extension Quantity.Amount {
  /// Reads a quantity: a signed decimal number with a suffix (`n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`, `e3`).
  public init?(parsing text: String) {
    let bytes = Array(text.utf8)
    var position = 0
    var isNegative = false
    if let first = bytes.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
      isNegative = first == UInt8(ascii: "-")
      position = 1
    }
    // The digits are gathered as an integer, with the number of them behind the point.
    var digits: Int128 = 0
    var fraction = 0
    var isBehindPoint = false
    var count = 0
    var losesDigits = false
    var dropped = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "."), !isBehindPoint {
        isBehindPoint = true
      } else if byte &- UInt8(ascii: "0") < 10 {
        count += 1
        if digits < 1_000_000_000_000_000_000_000_000_000 {
          digits = digits * 10 + Int128(byte - UInt8(ascii: "0"))
          if isBehindPoint { fraction += 1 }
        } else {
          losesDigits = losesDigits || byte != UInt8(ascii: "0")
          if !isBehindPoint { dropped += 1 }
        }
      } else {
        break
      }
      position += 1
    }
    guard count > 0, let suffix = Self.suffix(bytes[position...]) else { return nil }
    var format = suffix.format
    var amount = digits
    if format == .binary {
      let (product, overflow) = amount.multipliedReportingOverflow(by: Int128(1) << Int128(suffix.exponent))
      amount = overflow ? Int128.max : product
    }
    let power = 9 - fraction + dropped + (format == .binary ? 0 : suffix.exponent)
    amount = Self.scaled(amount, byPowerOf10: power, losesDigits: losesDigits)
    if format == .binary, amount > 0, amount < Self.nanosPerUnit { format = .decimal }
    self.init(nanos: isNegative ? -amount : amount, format: format)
  }

  private static func scaled(_ amount: Int128, byPowerOf10 power: Int, losesDigits: Bool) -> Int128 {
    guard amount != 0 else { return losesDigits ? 1 : 0 }
    var amount = amount
    var hasRemainder = losesDigits
    if power >= 0 {
      for _ in 0..<power {
        let (product, overflow) = amount.multipliedReportingOverflow(by: 10)
        if overflow { return maximum }
        amount = product
      }
    } else {
      for _ in 0..<(-power) {
        hasRemainder = hasRemainder || amount % 10 != 0
        amount /= 10
        if amount == 0 { break }
      }
    }
    return hasRemainder ? amount + 1 : amount
  }

  private static func suffix(_ bytes: ArraySlice<UInt8>) -> (format: Format, exponent: Int)? {
    switch String(decoding: bytes, as: UTF8.self) {
    case "": return (.decimal, 0)
    case "n": return (.decimal, -9)
    case "u": return (.decimal, -6)
    case "m": return (.decimal, -3)
    case "k": return (.decimal, 3)
    case "M": return (.decimal, 6)
    case "G": return (.decimal, 9)
    case "T": return (.decimal, 12)
    case "P": return (.decimal, 15)
    case "E": return (.decimal, 18)
    case "Ki": return (.binary, 10)
    case "Mi": return (.binary, 20)
    case "Gi": return (.binary, 30)
    case "Ti": return (.binary, 40)
    case "Pi": return (.binary, 50)
    case "Ei": return (.binary, 60)
    default: break
    }
    guard let first = bytes.first, first == UInt8(ascii: "e") || first == UInt8(ascii: "E"),
      let exponent = Int32(String(decoding: bytes.dropFirst(), as: UTF8.self)), abs(Int(exponent)) < 1_000
    else { return nil }
    return (.exponent, Int(exponent))
  }

  /// The canonical text: no fraction, the largest suffix that needs none.
  public var description: String {
    if nanos == 0 { return "0" }
    if format == .binary, abs(nanos) >= 1024 * Self.nanosPerUnit, nanos % Self.nanosPerUnit == 0 {
      var units = nanos / Self.nanosPerUnit
      var step = 0
      while units % 1024 == 0, step < 6 {
        units /= 1024
        step += 1
      }
      return "\(units)" + ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][step]
    }
    var mantissa = nanos
    var exponent = -9
    while mantissa % 1000 == 0, exponent < 18 {
      mantissa /= 1000
      exponent += 3
    }
    if format == .exponent { return exponent == 0 ? "\(mantissa)" : "\(mantissa)e\(exponent)" }
    let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
    return "\(mantissa)" + suffixes[(exponent + 9) / 3]
  }
}
