import Logging
import Netlink

/// One query for the log, and how it ended.
struct QueryLogLine: Sendable {
  private var name: String
  private var type: UInt16
  private var client: IPAddress?
  private var transport: String
  private var id: UInt16
  private var begun: UInt64
  private var code: UInt16 = 0
  private var size = 0
  private var ended: UInt64 = 0

  init(_ query: Query, _ lower: UnsafePointer<UInt8>, client: IPAddress?, transport: String, begun: UInt64) {
    name =
      query.nameLength == 0
      ? "?" : WireName(unchecked: Array(UnsafeBufferPointer(start: lower, count: query.nameLength))).description
    type = query.type
    id = query.id
    self.client = client
    self.transport = transport
    self.begun = begun
  }

  /// The answer is out.
  mutating func finish(code: UInt16, size: Int) {
    self.code = code
    self.size = size
    ended = MonotonicClock.nanoseconds()
  }

  func write(to logger: Logger) {
    logger.info(
      "query",
      metadata: [
        "name": "\(name)", "type": "\(RecordType.name(type))", "client": "\(client.map { "\($0)" } ?? "?")",
        "transport": "\(transport)", "id": "\(id)", "code": "\(ResponseCode.name(code))", "size": "\(size)",
        "us": "\((ended - min(begun, ended)) / 1000)",
      ])
  }
}

extension QueryLog {
  /// Whether a query that ended so is logged.
  func includes(_ code: UInt16) -> Bool {
    switch self {
    case .off: false
    case .errors: code != ResponseCode.noError && code != ResponseCode.nameError
    case .denied: code != ResponseCode.noError
    case .all: true
    }
  }
}
