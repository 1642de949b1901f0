import Foundation
import Logging
import Telemetry
import Testing

@testable import skiff

/// How a daemon is asked to explain itself.
@Suite struct ExplainSocketTests {
  @Test(.timeLimit(.minutes(1))) func theDaemonsWordsArrive() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = ExplainSocket.path(folder.path, daemon: "dns")
    #expect(path == "\(folder.path)/explain-dns.sock")
    #expect(ExplainSocket.path(folder.path, daemon: "node") == "\(folder.path)/explain.sock")
    #expect(try ExplainSocket.get("/explain/echo", [], from: path) == nil, "nobody is there")
    let explanations = Explanations()
    explanations.register("echo") { arguments in
      if arguments["a"] == nil { throw Explanations.Refusal("what?") }
      return arguments.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    }
    let server = TelemetryServer(
      socket: path, explanations: explanations, metrics: MetricsRegistry(), health: HealthChecks(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let (bound, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { continuation.yield($0) } }
      var iterator = bound.makeAsyncIterator()
      _ = await iterator.next()
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      let text = try ExplainSocket.get("/explain/echo", [("a", "x y&z=ü%"), ("b", "")], from: path)
      #expect(text == "a=x y&z=ü%\nb=\n")
      #expect { try ExplainSocket.get("/explain/echo", [], from: path) } throws: { "\($0)".hasPrefix("what?") }
      #expect { try ExplainSocket.get("/explain/none", [], from: path) } throws: {
        "\($0)".contains("knows nothing of none")
      }
      group.cancelAll()
    }
  }
}
