import Logging
import Synchronization

/// The lines of a log, for tests to look at.
final class RecordedLog: Sendable {
  private let recorded = Mutex<[String]>([])

  /// `warning: cannot do it error=EPERM`
  var lines: [String] { recorded.withLock { $0 } }

  func count(_ part: String) -> Int { lines.count { $0.contains(part) } }

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: RecordedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
      log.recorded.withLock { $0.append("\(event.level): \(event.message)\(details)") }
    }
  }
}
