import CLinux
import Foundation
import KubeAPI
import KubeClient
import KubeClientTesting
import Logging
import Netlink
import Synchronization
import Telemetry

@testable import ClusterDNS

/// A whole server on 127.0.0.1 with a free port, fed from a fake API server.
struct TestServer: Sendable {
  let api: FakeAPI
  let metrics: MetricsRegistry
  let health: HealthChecks
  let explanations: Explanations
  let address: ListenAddress

  /// Settings for one free port of 127.0.0.1.
  static func settings(upstreams: [ListenAddress] = []) -> DNSConfiguration {
    var settings = DNSConfiguration()
    settings.listen = [ListenAddress(IPAddress(127, 0, 0, 1), port: 0)]
    settings.threads = 2
    settings.resolvConf = "/nonexistent"
    if !upstreams.isEmpty { settings.upstreams = UpstreamGroup(servers: upstreams.map { Upstream($0) }) }
    return settings
  }

  /// Runs `body` against a server that is bound; it stops when `body` returns.
  static func run(
    upstreams: [ListenAddress] = [], api: FakeAPI = FakeAPI(), file: ConfigurationFile? = nil,
    heldSockets: HeldSockets.Access? = nil, _ configure: (inout DNSConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    var settings = settings(upstreams: upstreams)
    configure(&settings)
    var configuration = DNSServer.Configuration(
      nodeName: "node-1", settings: settings, file: file, ownsAddresses: false, version: "skiff-test")
    configuration.fileInterval = .milliseconds(20)
    configuration.heldSockets = heldSockets
    let metrics = MetricsRegistry()
    let health = HealthChecks()
    let explanations = Explanations()
    let server = DNSServer(
      configuration: configuration, client: api.client, metrics: metrics, health: health,
      explanations: explanations, logger: Logger(label: "dns", factory: { _ in SwiftLogNoOpLogHandler() }))
    let (bound, continuation) = AsyncStream<ListenAddress>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await server.run { addresses in for address in addresses { continuation.yield(address) } }
      }
      group.addTask {
        for await address in bound {
          try await body(
            TestServer(
              api: api, metrics: metrics, health: health, explanations: explanations, address: address))
          break
        }
      }
      try await group.next()
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  /// Waits until the server has seen all objects.
  func synced() async throws {
    try await eventually("the server is ready") {
      let results = await health.run(.ready) ?? []
      return results.allSatisfy { $0.result == .healthy }
    }
  }

  /// A metric's value, labels included in its name.
  func metric(_ name: String) -> Double? {
    let line = metrics.text().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
    return line.flatMap { Double($0.dropFirst(name.count + 1)) }
  }

  /// Asks over UDP or TCP from a socket of its own.
  func ask(_ ask: Ask, isTCP: Bool = false) async throws -> Message {
    let bytes = ask.bytes
    return try Message(try await exchange([bytes], isTCP: isTCP).first ?? [])
  }

  /// Sends all messages at once, and takes as many answers in the order in which they come.
  func exchange(_ messages: [[UInt8]], isTCP: Bool) async throws -> [[UInt8]] {
    let address = address
    return try await onThread { try Socket.exchange(messages, with: address, isTCP: isTCP) }
  }
}

struct Timeout: Error, CustomStringConvertible {
  var description: String
}

/// Waits for a condition, 10 seconds at most.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    await Task.yield()
    try await Task.sleep(for: .milliseconds(2))
  }
  throw Timeout(description: "not in time: \(what)")
}

/// Runs what blocks away from the tasks' threads.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Foundation.Thread.detachNewThread {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}

/// Blocking sockets with a time-out of 20 seconds.
enum Socket {
  struct Failure: Error { var call: String, code: Int32 }

  /// - Parameter source: from which address, where it matters.
  static func connected(_ address: ListenAddress, isTCP: Bool, from source: IPAddress? = nil) throws -> Int32 {
    let kind = isTCP ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue
    let descriptor = socket(address.address.isIPv4 ? AF_INET : AF_INET6, Int32(kind), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
    var timeout = [Int64(20), 0]
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, 16)
    // Hundreds of answers at once must fit while the reader waits for its turn.
    var room: Int32 = 4 << 20
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, 4)
    if let source {
      let own = ListenAddress(source, port: 0).socketAddress
      let code = own.withUnsafeBytes { raw in
        raw.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(own.count)) }
      }
      guard code == 0 else { throw Failure(call: "bind", code: errno) }
    }
    let bytes = address.socketAddress
    let code = bytes.withUnsafeBytes { raw in
      raw.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
    }
    guard code == 0 else {
      let reason = errno
      close(descriptor)
      throw Failure(call: "connect", code: reason)
    }
    return descriptor
  }

  static func exchange(_ messages: [[UInt8]], with address: ListenAddress, isTCP: Bool) throws -> [[UInt8]] {
    let descriptor = try connected(address, isTCP: isTCP)
    defer { close(descriptor) }
    if isTCP {
      let all = messages.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
      guard send(descriptor, all, all.count, Int32(MSG_NOSIGNAL)) == all.count else {
        throw Failure(call: "send", code: errno)
      }
      return try messages.map { _ in
        let head = try read(descriptor, 2)
        return try read(descriptor, Int(head[0]) << 8 | Int(head[1]))
      }
    }
    for message in messages {
      guard send(descriptor, message, message.count, 0) == message.count else {
        throw Failure(call: "send", code: errno)
      }
    }
    return try messages.map { _ in
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw Failure(call: "recv", code: errno) }
      return Array(buffer[..<count])
    }
  }

  static func read(_ descriptor: Int32, _ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var buffer = [UInt8](repeating: 0, count: count - bytes.count)
      let got = recv(descriptor, &buffer, buffer.count, 0)
      guard got > 0 else { throw Failure(call: "recv", code: got == 0 ? 0 : errno) }
      bytes += buffer[..<got]
    }
    return bytes
  }
}

/// Something that one task tells others, once.
final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
