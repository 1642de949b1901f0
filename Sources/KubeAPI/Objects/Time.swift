#if canImport(Glibc)
  import Glibc
#endif

/// A moment to the second, as `metav1.Time` has it: `2026-01-02T15:04:05Z` (RFC 3339).
public struct Time: JSONRepresentable, Hashable, Comparable {
  /// Seconds since 1970-01-01T00:00:00Z.
  public var seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  public static func now() -> Time { Time(seconds: MicroTime.now().microseconds / 1_000_000) }

  public init?(jsonValue: JSONValue) {
    guard let text = jsonValue.stringValue, let parsed = MicroTime.parse(text) else { return nil }
    seconds = parsed.seconds
  }

  public var jsonValue: JSONValue { .string(text) }
  public var text: String { MicroTime.date(seconds) + "Z" }

  public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }
}

/// A moment to the microsecond, as `metav1.MicroTime` has it: `2026-01-02T15:04:05.000000Z` (RFC 3339).
public struct MicroTime: JSONRepresentable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static func now() -> MicroTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return MicroTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }

  public init?(jsonValue: JSONValue) {
    guard let text = jsonValue.stringValue, let parsed = Self.parse(text) else { return nil }
    microseconds = parsed.seconds * 1_000_000 + parsed.nanoseconds / 1_000
  }

  public var jsonValue: JSONValue { .string(text) }

  public var text: String {
    let (seconds, fraction) = microseconds.floorDivided(by: 1_000_000)
    let digits = String(fraction)
    return Self.date(seconds) + "." + String(repeating: "0", count: 6 - digits.utf8.count) + digits + "Z"
  }

  public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

  /// `2026-01-02T15:04:05` in UTC, by the civil calendar.
  static func date(_ seconds: Int64) -> String {
    let (day, second) = seconds.floorDivided(by: 86_400)
    // Days are counted from 0000-03-01, so that the leap day is the last of its year.
    let (era, dayOfEra) = (day + 719_468).floorDivided(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func pad(_ value: Int64, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
    return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(dayOfYear - (153 * shifted + 2) / 5 + 1, 2) + "T"
      + pad(second / 3_600, 2) + ":" + pad(second / 60 % 60, 2) + ":" + pad(second % 60, 2)
  }

  /// Reads RFC 3339 with any offset and up to nine digits of fraction.
  static func parse(_ text: String) -> (seconds: Int64, nanoseconds: Int64)? {
    let bytes = Array(text.utf8)
    func number(_ range: Range<Int>) -> Int64? {
      guard range.upperBound <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), let year = number(0..<4), let month = number(5..<7),
      let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
      let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    var position = 19
    var nanoseconds: Int64 = 0
    if bytes[position] == UInt8(ascii: ".") {
      position += 1
      var digits = 0
      while position < bytes.count, let digit = number(position..<position + 1) {
        if digits < 9 { nanoseconds = nanoseconds * 10 + digit }
        digits += 1
        position += 1
      }
      guard digits > 0 else { return nil }
      for _ in 0..<max(0, 9 - digits) { nanoseconds *= 10 }
    }
    guard position < bytes.count else { return nil }
    var offset: Int64 = 0
    switch bytes[position] {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      guard position + 1 == bytes.count else { return nil }
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      guard position + 6 == bytes.count, bytes[position + 3] == UInt8(ascii: ":"),
        let hours = number(position + 1..<position + 3), let minutes = number(position + 4..<position + 6)
      else { return nil }
      offset = (hours * 3_600 + minutes * 60) * (bytes[position] == UInt8(ascii: "-") ? -1 : 1)
    default: return nil
    }
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.floorDivided(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return (days * 86_400 + hour * 3_600 + minute * 60 + second - offset, nanoseconds)
  }
}

extension Int64 {
  func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    var (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    if remainder < 0 {
      quotient -= 1
      remainder += divisor
    }
    return (quotient, remainder)
  }
}
