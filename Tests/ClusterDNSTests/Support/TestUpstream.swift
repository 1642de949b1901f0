import CLinux
import Foundation
import Netlink
import Synchronization

@testable import ClusterDNS

/// An upstream that a test scripts: it may answer, drop, delay, truncate, lie and refuse.
final class TestUpstream: Sendable {
  /// One query, and the ways to answer it.
  struct Exchange {
    let query: [UInt8]
    let isTCP: Bool
    fileprivate let send: ([UInt8]) -> Void
    fileprivate let sendFromElsewhere: ([UInt8]) -> Void

    func answer(_ message: [UInt8]) { send(message) }
    /// From another port, as a forger would.
    func forge(_ message: [UInt8]) { sendFromElsewhere(message) }
  }

  let address: ListenAddress
  private let listeners: Listeners
  private let threads: Mutex<[ServingThread]>
  private let isStopping = Atomic(false)
  private let received = Atomic(0)

  /// Queries that came, over UDP and TCP.
  var count: Int { received.load(ordering: .relaxed) }

  /// - Parameters:
  ///   - address: where it listens; a free port of 127.0.0.1 where it is left out.
  ///   - answer: gets the query and whether it came over TCP, and returns what is sent back, if anything.
  convenience init(
    at address: ListenAddress = ListenAddress(IPAddress(127, 0, 0, 1), port: 0),
    _ answer: @escaping @Sendable ([UInt8], Bool) -> [UInt8]?
  ) throws {
    try self.init(
      at: address,
      scripted: { exchange in
        if let reply = answer(exchange.query, exchange.isTCP) { exchange.answer(reply) }
      })
  }

  init(
    at address: ListenAddress = ListenAddress(IPAddress(127, 0, 0, 1), port: 0),
    scripted body: @escaping @Sendable (Exchange) -> Void
  ) throws {
    listeners = try Listeners([address], threads: 1)
    self.address = listeners.stream[0].address
    threads = Mutex([])
    let udp = try ServingThread(name: "up-udp") { [self] in serveDatagrams(body) }
    let tcp = try ServingThread(name: "up-tcp") { [self] in serveStreams(body) }
    threads.withLock { $0 = [udp, tcp] }
  }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    for thread in threads.withLock({ $0 }) { thread.interruptAndJoin() }
    listeners.closeAll()
  }

  private func serveDatagrams(_ body: (Exchange) -> Void) {
    let descriptor = listeners.datagram[0].descriptor
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !isStopping.load(ordering: .acquiring) {
      var peer = [UInt8](repeating: 0, count: 28)
      var length = socklen_t(28)
      let count = peer.withUnsafeMutableBytes { raw in
        raw.withMemoryRebound(to: sockaddr.self) {
          recvfrom(descriptor, &buffer, buffer.count, 0, $0.baseAddress, &length)
        }
      }
      guard count > 0 else { continue }
      received.wrappingAdd(1, ordering: .relaxed)
      func send(_ reply: [UInt8], on socket: Int32) {
        _ = linux_datagram_send(socket, reply, reply.count, peer, length)
      }
      body(
        Exchange(query: Array(buffer[..<count]), isTCP: false) { reply in
          send(reply, on: descriptor)
        } sendFromElsewhere: { reply in
          let other = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
          send(reply, on: other)
          close(other)
        })
    }
  }

  private func serveStreams(_ body: (Exchange) -> Void) {
    let listening = listeners.stream[0].descriptor
    var peers: [Int32] = []
    defer { for peer in peers { close(peer) } }
    while !isStopping.load(ordering: .acquiring) {
      var waiting = ([listening] + peers).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
      for entry in waiting where entry.revents != 0 {
        if entry.fd == listening {
          let peer = accept(listening, nil, nil)
          if peer >= 0 { peers.append(peer) }
        } else if let head = try? Socket.read(entry.fd, 2),
          let query = try? Socket.read(entry.fd, Int(head[0]) << 8 | Int(head[1]))
        {
          received.wrappingAdd(1, ordering: .relaxed)
          func send(_ reply: [UInt8]) {
            let framed = [UInt8(reply.count >> 8), UInt8(reply.count & 255)] + reply
            _ = Glibc.send(entry.fd, framed, framed.count, Int32(MSG_NOSIGNAL))
          }
          body(Exchange(query: query, isTCP: true, send: send, sendFromElsewhere: { _ in }))
        } else {
          close(entry.fd)
          peers.removeAll { $0 == entry.fd }
        }
      }
    }
  }

  // MARK: What it may answer

  /// The query's header and question.
  private static func question(_ query: [UInt8]) -> [UInt8] {
    var end = 12
    while end < query.count, query[end] != 0 { end += Int(query[end]) + 1 }
    var reply = Array(query[..<(end + 5)])
    (reply[6], reply[7], reply[8], reply[9], reply[10], reply[11]) = (0, 0, 0, 0, 0, 0)
    return reply
  }

  /// The name that is asked for, in lower case.
  static func name(_ query: [UInt8]) -> String {
    WireName(unchecked: Array(question(query).dropFirst(12).dropLast(4))).description.lowercased()
  }

  /// An answer with one A record, pointing back at the question.
  static func address(_ query: [UInt8], _ last: UInt8, ttl: UInt8 = 60, flags: [UInt8] = [0x81, 0x80]) -> [UInt8] {
    var reply = question(query)
    (reply[2], reply[3], reply[7]) = (flags[0], flags[1], 1)
    return reply + [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 192, 0, 2, last]
  }

  static func code(_ query: [UInt8], _ code: UInt8, truncated: Bool = false) -> [UInt8] {
    var reply = question(query)
    (reply[2], reply[3]) = (truncated ? 0x83 : 0x81, 0x80 | code)
    return reply
  }

  /// An answer that there is nothing, with the root's SOA: it may be kept for `ttl` seconds.
  static func denial(_ query: [UInt8], _ code: UInt8 = 3, ttl: UInt8 = 60) -> [UInt8] {
    var reply = self.code(query, code)
    reply[9] = 1
    return reply + [0, 0, 6, 0, 1, 0, 0, 0, ttl, 0, 22, 0, 0] + [UInt8](repeating: 0, count: 19) + [ttl]
  }
}
