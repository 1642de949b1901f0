import KubeAPI
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// What became of connections to Services whose endpoints come and go.
struct ConnectionOutcomes: Sendable {
  /// How long after its removal an endpoint may still be chosen.
  static let grace = Duration.milliseconds(50)

  /// Connections that an endpoint answered.
  var answered = 0
  /// Connections that ended otherwise, by errno.
  var failures: [Int32: Int] = [:]
  /// Those answered by an endpoint that had been gone for longer than `grace` when they began.
  var stale = 0
  /// The longest that an endpoint had been gone.
  var longestAbsence = Duration.zero

  var refused: Int { failures[ECONNREFUSED] ?? 0 }
  var failed: Int { failures.values.reduce(0, +) - refused }
  var count: Int { answered + refused + failed }

  mutating func answer(absence: Duration?) {
    answered += 1
    guard let absence else { return }
    longestAbsence = max(longestAbsence, absence)
    if absence > Self.grace { stale += 1 }
  }

  static func += (left: inout Self, right: Self) {
    left.answered += right.answered
    left.failures.merge(right.failures, uniquingKeysWith: +)
    left.stale += right.stale
    left.longestAbsence = max(left.longestAbsence, right.longestAbsence)
  }

  var json: JSONValue {
    var causes: JSONValue = [:]
    for (code, count) in failures.sorted(by: { $0.key < $1.key }) {
      causes[NetlinkError.name(ofErrno: code)] = .integer(count)
    }
    return [
      "attempted": .integer(count), "answered": .integer(answered), "refused": .integer(refused),
      "failed": .integer(failed), "failures": causes, "to_endpoint_gone_50_ms": .integer(stale),
      "longest_absence_ms": .number(longestAbsence.milliseconds),
    ]
  }

  var rows: [(String, String)] {
    [
      ("connections", "\(count)"), ("  refused", "\(refused)"), ("  failed otherwise", "\(failed)"),
      ("  to an endpoint gone for more than 50 ms", "\(stale)"),
      ("  longest that an endpoint had been gone", "\(longestAbsence.milliseconds.text(1)) ms"),
    ]
  }
}
