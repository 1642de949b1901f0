import Foundation

/// What a program that has ended said.
struct CommandResult: Sendable {
  var status: Int32
  var output: String
  var errors: String
}

/// Runs a program and waits for its end.
///
/// - Parameter limit: when it is over, the program is killed.
@discardableResult
func run(
  _ program: String, _ arguments: [String] = [], input: String? = nil, environment: [String: String] = [:],
  limit: TimeInterval = 60
) throws -> CommandResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  // Files, not pipes: a daemon that a command leaves behind may keep a pipe open for ever.
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  func file(_ name: String, _ text: String = "") throws -> URL {
    let url = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: url)
    return url
  }
  let (stdin, stdout, stderr) = (try file("in", input ?? ""), try file("out"), try file("err"))
  process.standardInput = try FileHandle(forReadingFrom: stdin)
  process.standardOutput = try FileHandle(forWritingTo: stdout)
  process.standardError = try FileHandle(forWritingTo: stderr)
  try process.run()
  let timer = DispatchSource.makeTimerSource()
  timer.schedule(deadline: .now() + limit)
  timer.setEventHandler { kill(process.processIdentifier, SIGKILL) }
  timer.resume()
  process.waitUntilExit()
  timer.cancel()
  return CommandResult(
    status: process.terminationStatus, output: try String(contentsOf: stdout, encoding: .utf8),
    errors: try String(contentsOf: stderr, encoding: .utf8))
}

/// Calls a condition until it gives a value.
/// - Throws: ``TimeOut`` with what was waited for.
func eventually<T>(
  _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(100),
  _ condition: () throws -> T?
) async throws -> T {
  let deadline = ContinuousClock.now + limit
  var lastError: (any Error)?
  while true {
    do {
      if let value = try condition() { return value }
    } catch {
      lastError = error
    }
    guard ContinuousClock.now < deadline else { throw TimeOut(what: what, cause: lastError) }
    try await Task.sleep(for: pause)
  }
}

struct TimeOut: Error, CustomStringConvertible {
  var what: String
  var cause: (any Error)?
  var description: String { "not seen in time: \(what)" + (cause.map { " (\($0))" } ?? "") }
}
