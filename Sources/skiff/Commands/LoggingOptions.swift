import ArgumentParser
import Logging
import Telemetry

struct LoggingOptions: ParsableArguments {
  @Option(
    help: "trace, debug, info, notice, warning, error or critical.",
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else { throw ValidationError("\"\(text)\" is no log level") }
      return level
    })
  var logLevel: Logger.Level = .info

  /// Makes every logger of the process write lines to standard error. Called once a process.
  func bootstrap() {
    let level = logLevel
    LoggingSystem.bootstrap { label in
      var handler = LineLogHandler(label: label)
      handler.logLevel = level
      return handler
    }
  }
}
