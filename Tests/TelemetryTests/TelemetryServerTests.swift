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

  @Test(.timeLimit(.minutes(1))) func allAddressesAreThoseOfBothFamilies() async throws {
    let health = HealthChecks()
    health.register("ping") { .healthy }
    let server = TelemetryServer(
      host: "0.0.0.0", port: 0, metrics: MetricsRegistry(), health: health, logger: Logger(label: "test"))
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run { continuation.yield($0) } }
      var iterator = ports.makeAsyncIterator()
      let port = try #require(await iterator.next())
      #expect(try await get("/livez", port: port).hasSuffix("ok"))
      // A machine without IPv6 has no such address.
      if (try? SocketAddress.makeAddressResolvingHost("::1", port: port)) != nil,
        let answer = try? await get("/livez", host: "::1", port: port)
      {
        #expect(answer.hasSuffix("ok"))
      }
      group.cancelAll()
    }
  }

  @Test(.timeLimit(.minutes(1))) func aPortThatIsTakenIsTriedAgain() async throws {
    let holder = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(holder.localAddress?.port)
    func server(_ retryInterval: Duration?) -> TelemetryServer {
      TelemetryServer(
        host: "127.0.0.1", port: port, metrics: MetricsRegistry(), health: HealthChecks(),
        logger: Logger(label: "test"), retryInterval: retryInterval)
    }
    await #expect(throws: (any Error).self) { try await server(nil).run() }
    let (bound, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server(.milliseconds(10)).run { continuation.yield($0) } }
      try await holder.close()
      var iterator = bound.makeAsyncIterator()
      #expect(await iterator.next() == port)
      group.cancelAll()
    }
  }

  private func get(_ path: String, host: String = "127.0.0.1", port: Int) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: host, port: port) { channel in
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
