import CLinux
import Foundation
import KubeAPI
import KubeClientTesting
import Logging
import Netlink
import Synchronization
import Telemetry
import Testing

@testable import ClusterDNS

/// A server ends and another begins: queries meanwhile wait in the sockets, which somebody else holds.
@Suite(.serialized) struct RestartTests {
  /// A holder in a thread of the test's own.
  private final class Holder: Sendable {
    let access: HeldSockets.Access
    /// How many were started.
    var count: Int { threads.all.withLock { $0.count } }

    private final class Threads: Sendable { let all = Mutex<[ServingThread]>([]) }
    private let threads = Threads()

    init(_ folder: TemporaryFolder, grace: Duration = .seconds(30)) {
      let threads = threads
      access = HeldSockets.Access(path: "\(folder.path)/holder.sock") { listening in
        // The process would have a descriptor of its own.
        let own = dup(listening)
        let thread = try ServingThread(name: "holder") { SocketHolder.run(listening: own, grace: grace) }
        threads.all.withLock { $0.append(thread) }
      }
    }

    /// Waits until all have ended, as they do when no server comes.
    func join() { for thread in threads.all.withLock({ $0 }) { thread.join() } }
  }

  private static func port() throws -> ListenAddress {
    let listeners = try Listeners([ListenAddress(IPAddress(127, 0, 0, 1), port: 0)], threads: 1)
    defer { listeners.closeAll() }
    return listeners.stream[0].address
  }

  private static func api() -> FakeAPI {
    let api = FakeAPI()
    api.put(Namespace("default"))
    api.put(Objects.service("web", ips: ["10.96.0.7"]))
    return api
  }

  /// Asks one query after the other until told to stop, each with patience, and returns how many were answered wrong or
  /// not at all, and how many there were.
  private static func askOn(_ address: ListenAddress, _ name: String, until isOver: Flag) throws -> (bad: Int, all: Int)
  {
    let descriptor = try Socket.connected(address, isTCP: false)
    defer { close(descriptor) }
    _ = linux_datagram_timeout(descriptor, 8000)
    var counts = (bad: 0, all: 0)
    var buffer = [UInt8](repeating: 0, count: 512)
    while !isOver.isSet {
      var ask = Ask(name: name)
      ask.id = counts.all & 0xffff
      counts.all += 1
      let packet = ask.bytes
      guard send(descriptor, packet, packet.count, 0) == packet.count else {
        counts.bad += 1
        continue
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 12 || buffer[3] & 15 != 0 || Int(buffer[0]) << 8 | Int(buffer[1]) != ask.id { counts.bad += 1 }
    }
    return counts
  }

  @Test func noQueryIsLostOverRestarts() async throws {
    let upstream = try TestUpstream { query, _ in TestUpstream.address(query, 1, ttl: 0) }
    defer { upstream.stop() }
    try await TemporaryFolder.with { folder in
      let address = try Self.port()
      let holder = Holder(folder, grace: .milliseconds(500))
      let api = Self.api()
      let (isUp, isOver) = (Flag(), Flag())
      let names = ["web.default.svc.cluster.local", "web.default.svc.cluster.local", "www.example.com"]
      let areDone = names.map { _ in Flag() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for round in 1...5 {
            try await TestServer.run(
              upstreams: [upstream.address], api: api, heldSockets: holder.access, { $0.listen = [address] }
            ) { server async throws in
              try await server.synced()
              isUp.set()
              // Each answers for a while; the last one until all clients have what they asked for.
              for _ in 0..<50 { #expect(try await server.ask(Ask(name: names[0])).code == 0) }
              if round < 5 { return }
              isOver.set()
              try await eventually("the clients are done") { areDone.allSatisfy(\.isSet) }
            }
          }
        }
        try await eventually("the first server is up") { isUp.isSet }
        for (name, isDone) in zip(names, areDone) {
          group.addTask {
            defer { isDone.set() }
            let counts = try await onThread { try Self.askOn(address, name, until: isOver) }
            #expect(counts.bad == 0 && counts.all > 50, "\(name): \(counts)")
          }
        }
        try await group.waitForAll()
      }
      #expect(holder.count == 1)
      holder.join()
    }
  }

  @Test func whatWaitsIsAnsweredByTheNext() async throws {
    try await TemporaryFolder.with { folder in
      let address = try Self.port()
      let holder = Holder(folder, grace: .milliseconds(500))
      let api = Self.api()
      try await TestServer.run(api: api, heldSockets: holder.access, { $0.listen = [address] }) { server in
        try await server.synced()
      }
      // Nobody serves now.
      let datagram = try Socket.connected(address, isTCP: false)
      let stream = try Socket.connected(address, isTCP: true)
      defer {
        close(datagram)
        close(stream)
      }
      let packet = Ask(name: "web.default.svc.cluster.local").bytes
      #expect(send(datagram, packet, packet.count, 0) == packet.count)
      let framed = [0, UInt8(packet.count)] + packet
      #expect(send(stream, framed, framed.count, Int32(MSG_NOSIGNAL)) == framed.count)
      try await TestServer.run(api: api, heldSockets: holder.access, { $0.listen = [address] }) { server async throws in
        let answers = try await onThread {
          var buffer = [UInt8](repeating: 0, count: 512)
          let count = recv(datagram, &buffer, buffer.count, 0)
          let head = try Socket.read(stream, 2)
          return [
            try Message(Array(buffer[..<max(0, count)])),
            try Message(try Socket.read(stream, Int(head[0]) << 8 | Int(head[1]))),
          ]
        }
        // Not SERVFAIL: the server knew the cluster before it answered.
        #expect(answers.map { $0.data(1) } == [["10.96.0.7"], ["10.96.0.7"]])
      }
      holder.join()
    }
  }

  @Test func aHolderWithoutServerEnds() async throws {
    try await TemporaryFolder.with { folder in
      let holder = Holder(folder, grace: .milliseconds(50))
      let address = try Self.port()
      for round in 1...2 {
        try await TestServer.run(api: Self.api(), heldSockets: holder.access, { $0.listen = [address] }) { _ in }
        holder.join()
        #expect(holder.count == round, "the next server starts another")
        // The port is free again.
        try Listeners([address], threads: 1).closeAll()
      }
    }
  }

  @Test func otherAddressesAreLetGo() throws {
    let (one, other) = (try Self.port(), try Self.port())
    let first = try Listeners([one, other], threads: 2)
    #expect(first.datagram.count == 4 && !first.areInherited)
    let second = try Listeners([one], threads: 3, held: first.descriptors)
    #expect(second.areInherited && second.datagram.count == 3 && second.stream.count == 1)
    #expect(Set(second.datagram.map(\.descriptor)).isSuperset(of: first.datagram.prefix(2).map(\.descriptor)))
    // The sockets of the other address are closed: it can be bound without sharing.
    let free = try Listeners([other], threads: 1)
    free.closeAll()
    // Fewer threads than sockets: all are served, for queries may wait in each.
    let third = try Listeners([one], threads: 1, held: second.descriptors)
    #expect(third.datagram.count == 3)
    third.closeAll()
  }

  /// A node that was made anew may find the holder of the one before it, whose sockets nobody can reach from here.
  @Test(.enabled(if: getuid() == 0, "needs root to make a network namespace"))
  func socketsOfAnotherNetworkAreLetGo() throws {
    let (one, other) = (try NetworkNamespace.make(), try NetworkNamespace.make())
    let address = ListenAddress(IPAddress(0, 0, 0, 0))
    let first = try one.run { () throws in try Listeners([address], threads: 1) }
    let second = try other.run { () throws in try Listeners([address], threads: 1, held: first.descriptors) }
    #expect(!second.areInherited && second.datagram.count == 1 && second.stream.count == 1)
    // They are closed: the address can be bound there without sharing.
    let again = try one.run { () throws in try Listeners([address], threads: 1) }
    let third = try one.run { () throws in try Listeners([address], threads: 1, held: again.descriptors) }
    #expect(third.areInherited)
    second.closeAll()
    third.closeAll()
  }

  @Test func manyDescriptorsArriveInOrder() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &pair) == 0)
    defer { for end in pair { close(end) } }
    let files = (0..<600).map { _ in open("/dev/null", O_RDONLY | O_CLOEXEC) }
    defer { for file in files { close(file) } }
    try SocketHolder.send(files, to: pair[0])
    try SocketHolder.send([], to: pair[0])
    let received = try SocketHolder.receive(from: pair[1])
    #expect(received.count == 600 && received.allSatisfy { fcntl($0, F_GETFD) == FD_CLOEXEC })
    for descriptor in received { close(descriptor) }
    #expect(try SocketHolder.receive(from: pair[1]).isEmpty)
    close(pair[0])
    pair[0] = open("/dev/null", O_RDONLY)
    #expect(throws: DNSServerError.self) { try SocketHolder.receive(from: pair[1]) }
  }

  @Test func thePaceFollowsTheLoad() {
    var pace = ServingPace()
    #expect(!pace.isLight, "it begins with many at once")
    var now: UInt64 = 0
    for _ in 0..<20 {
      now += 1_000_000
      pace.received(1, now: now)
    }
    #expect(pace.isLight)
    for _ in 0..<15 {
      now += 5_000
      pace.received(1, now: now)
    }
    #expect(pace.isLight)
    now += 5_000
    pace.received(1, now: now)
    #expect(!pace.isLight)
  }
}
