import Logging
import Telemetry

/// Benchmarks say what they do by themselves; of the libraries only what is wrong.
enum BenchLogging {
  static func bootstrap() {
    LoggingSystem.bootstrap { label in
      var handler = LineLogHandler(label: label)
      handler.logLevel = .warning
      return handler
    }
  }
}
