import Logging
import NIOCore
import NIOPosix
import Telemetry
import Testing

@Suite struct TelemetryServerTests {
  @Test(.timeLimit(.minutes(1))) func servesMetricsAndHealthOverHTTP() async throws {
    let metrics = MetricsRegistry()
    metrics.counter("served_total", help: "Served.").increment(by: 7)
    let health = HealthChecks()
    health.register("ping") { .healthy }
    let server = TelemetryServer(
      host: "127.0.0.1", port: 0, metrics: metrics, health: health, logger: Logger(label: "test"))
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { continuation.yield($0) } }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      #expect(try await get("/metrics", port: port).contains("served_total 7"))
      let verbose = try await get("/readyz?verbose", port: port)
      #expect(verbose.hasPrefix("HTTP/1.1 200 OK"))
      #expect(verbose.contains("[+]ping ok"))
      #expect(try await get("/nothing", port: port).hasPrefix("HTTP/1.1 404"))
      group.cancelAll()
    }
  }

  private func get(_ path: String, port: Int) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"))
      var answer = ""
      for try await part in inbound { answer += String(buffer: part) }
      return answer
    }
  }
}
