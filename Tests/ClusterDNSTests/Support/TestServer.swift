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
  let address: ListenAddress

  /// Runs `body` against a server that is bound; it stops when `body` returns.
  static func run(
    upstreams: [ListenAddress] = [], api: FakeAPI = FakeAPI(),
    _ configure: (inout DNSServer.Configuration) -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    var configuration = DNSServer.Configuration(
      nodeName: "node-1", listenAddresses: [ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], ownsAddresses: false,
      upstreams: upstreams, threads: 2, version: "skiff-test")
    configure(&configuration)
    let metrics = MetricsRegistry()
    let health = HealthChecks()
    let server = DNSServer(
      configuration: configuration, client: api.client, metrics: metrics, health: health,
      logger: Logger(label: "dns", factory: { _ in SwiftLogNoOpLogHandler() }))
    let (bound, continuation) = AsyncStream<ListenAddress>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await server.run { addresses in for address in addresses { continuation.yield(address) } }
      }
      group.addTask {
        for await address in bound {
          try await body(TestServer(api: api, metrics: metrics, health: health, address: address))
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

/// Blocking sockets with a time-out of 5 seconds.
enum Socket {
  struct Failure: Error { var call: String, code: Int32 }

  static func connected(_ address: ListenAddress, isTCP: Bool) throws -> Int32 {
    let kind = isTCP ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue
    let descriptor = socket(address.address.isIPv4 ? AF_INET : AF_INET6, Int32(kind), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
    var timeout = [Int64(5), 0]
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, 16)
    // Hundreds of answers at once must fit while the reader waits for its turn.
    var room: Int32 = 4 << 20
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, 4)
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

/// An upstream whose answers a test writes: `answer` gets the query and whether it came over TCP, and returns what is
/// sent back, if anything.
final class TestUpstream: Sendable {
  let address: ListenAddress
  private let listeners: Listeners
  private let threads: Mutex<[ServingThread]>
  private let isStopping = Atomic(false)
  private let received = Atomic(0)

  var count: Int { received.load(ordering: .relaxed) }

  init(_ answer: @escaping @Sendable ([UInt8], Bool) -> [UInt8]?) throws {
    listeners = try Listeners([ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], threads: 1)
    address = listeners.stream[0].address
    threads = Mutex([])
    let datagram = listeners.datagram[0].descriptor
    let stream = listeners.stream[0].descriptor
    let udp = try ServingThread(name: "up-udp") { [self] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while !isStopping.load(ordering: .acquiring) {
        var peer = [UInt8](repeating: 0, count: 28)
        var length = socklen_t(28)
        let count = peer.withUnsafeMutableBytes { raw in
          raw.withMemoryRebound(to: sockaddr.self) {
            recvfrom(datagram, &buffer, buffer.count, 0, $0.baseAddress, &length)
          }
        }
        guard count > 0 else { continue }
        received.wrappingAdd(1, ordering: .relaxed)
        if let reply = answer(Array(buffer[..<count]), false) {
          _ = linux_datagram_send(datagram, reply, reply.count, peer, length)
        }
      }
    }
    let tcp = try ServingThread(name: "up-tcp") { [self] in
      while !isStopping.load(ordering: .acquiring) {
        var waiting = pollfd(fd: stream, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 50) > 0 else { continue }
        let peer = accept(stream, nil, nil)
        guard peer >= 0 else { continue }
        if let head = try? Socket.read(peer, 2), let query = try? Socket.read(peer, Int(head[0]) << 8 | Int(head[1])),
          let reply = answer(query, true)
        {
          let framed = [UInt8(reply.count >> 8), UInt8(reply.count & 255)] + reply
          _ = send(peer, framed, framed.count, Int32(MSG_NOSIGNAL))
        }
        close(peer)
      }
    }
    threads.withLock { $0 = [udp, tcp] }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    linux_datagram_shutdown(listeners.datagram[0].descriptor)
    for thread in threads.withLock({ $0 }) { thread.join() }
    listeners.closeAll()
  }

  /// An answer with one A record, pointing back at the question.
  static func address(_ query: [UInt8], _ last: UInt8, ttl: UInt8 = 60, flags: [UInt8] = [0x81, 0x80]) -> [UInt8] {
    // Without the OPT record at the end.
    var reply = Array(query.dropLast(11))
    (reply[2], reply[3]) = (flags[0], flags[1])
    (reply[7], reply[11]) = (1, 0)
    return reply + [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 192, 0, 2, last]
  }

  static func code(_ query: [UInt8], _ code: UInt8, truncated: Bool = false) -> [UInt8] {
    var reply = Array(query.dropLast(11))
    (reply[2], reply[3], reply[11]) = (truncated ? 0x83 : 0x81, 0x80 | code, 0)
    return reply
  }
}
