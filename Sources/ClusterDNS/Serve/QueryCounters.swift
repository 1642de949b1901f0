import Synchronization

/// What one thread counts. It alone writes; readers see each number whole.
final class QueryCounters: Sendable {
  static let types = ["A", "AAAA", "SRV", "PTR", "TXT", "CNAME", "SOA", "NS", "MX", "ANY", "other"]
  static let codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "BADVERS", "other"]
  /// Upper bounds in nanoseconds.
  static let bounds: [UInt64] = [
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000,
    100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
  ]

  // requests: zone × type · responses: zone × code · drops · shed · buckets · sum of nanoseconds
  @inline(__always) private static var responses: Int { 2 * 11 }
  @inline(__always) private static var drops: Int { responses + 2 * 8 }
  @inline(__always) private static var shedding: Int { drops + 1 }
  @inline(__always) private static var buckets: Int { shedding + 1 }
  @inline(__always) private static var sum: Int { buckets + 17 }
  @inline(__always) private static var cells: Int { sum + 1 }

  let transport: String
  let family: String
  private nonisolated(unsafe) let cells: UnsafeMutablePointer<Atomic<UInt64>>  // each cell is atomic
  /// Answers that were handed on, by code and by time.
  private struct Later {
    var codes = [Double](repeating: 0, count: 8)
    var buckets = [Double](repeating: 0, count: 17)
    var sum = 0.0
  }

  private let later = Mutex(Later())
  private nonisolated(unsafe) let limits: UnsafeMutablePointer<UInt64>  // set in init only

  init(transport: String, family: String) {
    self.transport = transport
    self.family = family
    cells = .allocate(capacity: Self.cells)
    for index in 0..<Self.cells { (cells + index).initialize(to: Atomic(0)) }
    limits = .allocate(capacity: Self.bounds.count)
    limits.initialize(from: Self.bounds, count: Self.bounds.count)
  }

  deinit {
    cells.deinitialize(count: Self.cells)
    cells.deallocate()
    limits.deallocate()
  }

  @inline(__always)
  private func add(_ index: Int, _ amount: UInt64 = 1) {
    // One writer: no need of a locked addition.
    cells[index].store(cells[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  @inline(__always)
  func request(type: UInt16, isCluster: Bool) {
    let index =
      switch type {
      case RecordType.a: 0
      case RecordType.aaaa: 1
      case RecordType.srv: 2
      case RecordType.ptr: 3
      case RecordType.txt: 4
      case RecordType.cname: 5
      case RecordType.soa: 6
      case RecordType.ns: 7
      case RecordType.mx: 8
      case RecordType.any: 9
      default: 10
      }
    add((isCluster ? 0 : 11) &+ index)
  }

  @inline(__always)
  func response(code: UInt16, isCluster: Bool) {
    let index = code < 6 ? Int(code) : code == ResponseCode.badVersion ? 6 : 7
    add(Self.responses &+ (isCluster ? 0 : 8) &+ index)
  }

  func drop() { add(Self.drops) }

  /// A query beyond its source's share.
  @inline(__always)
  func shed() { add(Self.shedding) }

  /// An answer that another thread sends, so long after the query.
  func laterResponse(code: UInt16, took nanoseconds: UInt64) {
    later.withLock { later in
      later.codes[code < 6 ? Int(code) : 7] += 1
      later.buckets[Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count] += 1
      later.sum += Double(nanoseconds) / 1e9
    }
  }

  /// `count` queries that took `nanoseconds` each.
  @inline(__always)
  func took(_ nanoseconds: UInt64, count: Int) {
    var bucket = 0
    while bucket < 16, nanoseconds > limits[bucket] { bucket &+= 1 }
    add(Self.buckets &+ bucket, UInt64(truncatingIfNeeded: count))
    add(Self.sum, nanoseconds &* UInt64(truncatingIfNeeded: count))
  }

  // MARK: Reading

  private func value(_ index: Int) -> Double { Double(cells[index].load(ordering: .relaxed)) }

  func requestCount(type: Int, isCluster: Bool) -> Double { value((isCluster ? 0 : 11) + type) }
  func responseCount(code: Int, isCluster: Bool) -> Double {
    value(Self.responses + (isCluster ? 0 : 8) + code) + (isCluster ? 0 : later.withLock { $0.codes[code] })
  }
  var dropCount: Double { value(Self.drops) }
  var shedCount: Double { value(Self.shedding) }
  /// As ``durations``, of the answers that were handed on.
  var laterDurations: (buckets: [Double], sum: Double) { later.withLock { ($0.buckets, $0.sum) } }
  /// Counts a bucket, not summed up, and the seconds of all.
  var durations: (buckets: [Double], sum: Double) {
    ((0...Self.bounds.count).map { value(Self.buckets + $0) }, value(Self.sum) / 1e9)
  }
}
