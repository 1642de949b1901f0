/// What became of the queries of a load.
public struct LoadResult: Sendable {
  public var answered = 0
  /// Queries without an answer within half a second.
  public var lost = 0
  /// Answers that do not say what they must.
  public var wrong = 0
  /// For how long queries were sent.
  public var seconds = 0.0
  /// From send to receipt.
  public var latencies = LatencyCounts()

  public init() {}

  /// Another run of the same load, after this one.
  public static func += (sum: inout Self, other: Self) {
    sum.answered += other.answered
    sum.lost += other.lost
    sum.wrong += other.wrong
    sum.seconds += other.seconds
    sum.latencies += other.latencies
  }

  public var queriesPerSecond: Double { seconds > 0 ? Double(answered) / seconds : 0 }
}

/// The queries that a load has under way, by their ID.
struct QueriesUnderWay {
  private var sent = [UInt64](repeating: 0, count: 65_536)
  private var asked = [Int](repeating: 0, count: 65_536)
  private(set) var count = 0
  /// The number of the next query.
  private(set) var next: Int

  init(start: Int) { next = start }

  /// Takes the next query, and its ID.
  @inline(__always)
  mutating func begin(_ queries: [CheckedQuery], now: UInt64) -> (id: UInt16, query: Int) {
    let id = next & 0xffff
    let query = next % queries.count
    next += 1
    (sent[id], asked[id]) = (now, query)
    count += 1
    return (UInt16(id), query)
  }

  /// Counts the message, if it answers one of them.
  @inline(__always)
  mutating func end(
    _ bytes: UnsafeRawBufferPointer, _ queries: [CheckedQuery], isEcho: Bool, now: UInt64, _ result: inout LoadResult
  ) -> Bool {
    guard bytes.count >= MessageSize.header, let base = bytes.baseAddress else { return false }
    let id = Int(base.bigEndian16(0))
    guard sent[id] != 0 else { return false }
    let query = queries[asked[id]]
    result.answered += 1
    if !(isEcho ? query.isEchoed(by: bytes) : query.isAnswered(by: bytes)) { result.wrong += 1 }
    result.latencies.add(now &- sent[id])
    sent[id] = 0
    count -= 1
    return true
  }

  /// Gives up all of them.
  mutating func forget() -> Int {
    for id in sent.indices { sent[id] = 0 }
    defer { count = 0 }
    return count
  }
}
