#if canImport(Glibc)
  import Glibc
#endif

/// How values lie along an axis.
enum AxisScale: Sendable, Hashable {
  /// From zero on.
  case linear
  /// Equal factors are equally far apart; values that are not above zero have no place.
  case logarithmic

  /// The values at which the axis is marked; the first and the last are its ends, and all of `values` lie between.
  func ticks(for values: [Double]) -> [Double] {
    switch self {
    case .linear: Self.linearTicks(values.max() ?? 1)
    case .logarithmic: Self.logarithmicTicks(values.filter { $0 > 0 })
    }
  }

  /// Where a value lies between two others, from 0 to 1; nil where it has no place.
  func position(of value: Double, from low: Double, to high: Double) -> Double? {
    switch self {
    case .linear: high > low ? (value - low) / (high - low) : nil
    case .logarithmic: value > 0 && low > 0 && high > low ? log(value / low) / log(high / low) : nil
    }
  }

  private static func linearTicks(_ greatest: Double) -> [Double] {
    guard greatest > 0, greatest.isFinite else { return [0, 1] }
    let magnitude = pow(10, floor(log10(greatest / 4)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * magnitude }.first { $0 * 5 >= greatest } ?? 10 * magnitude
    let count = Int((greatest / step).rounded(.up))
    return (0...max(1, count)).map { Double($0) * step }
  }

  /// Powers of ten, and steps between them where there are few.
  private static func logarithmicTicks(_ values: [Double]) -> [Double] {
    guard let least = values.min(), let greatest = values.max() else { return [1, 10] }
    let candidates = (-12...15).flatMap { exponent in [1, 2, 5].map { $0 * pow(10, Double(exponent)) } }
    // A value that is a tick but for its rounding is that tick.
    let low = candidates.last { $0 <= least * 1.000001 } ?? least
    let high = candidates.first { $0 >= greatest * 0.999999 && $0 > low * 1.000001 } ?? greatest
    let between = candidates.filter { $0 >= low * 0.999999 && $0 <= high * 1.000001 }
    guard between.count > 7 else { return between }
    let tens = between.filter { abs(log10($0) - log10($0).rounded()) < 1e-6 }
    return Set([low] + tens + [high]).sorted()
  }
}
