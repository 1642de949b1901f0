import Netlink
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Clients that connect to Services again and again, at a steady rate, and note which endpoint answered.
///
/// Each pod says its address on every connection (`sayAddress`).
final class ConnectionLoad: Sendable {
  private struct State {
    var isStopped = false
    var outcomes = ConnectionOutcomes()
    var failure: (any Error)?
  }

  /// What the threads and the load share.
  private final class Record: Sendable {
    let state = Mutex(State())
  }

  private static let threads = 4
  private let record: Record
  private let clients: [NamedThread]

  /// - Parameter rate: connections a second, of all clients.
  init(from namespace: NetworkNamespace, to names: [SocketName], rate: Int, ledger: EndpointLedger) throws {
    let record = Record()
    self.record = record
    clients = try (0..<Self.threads).map { number in
      let client = Client(number: number, names: names, interval: .seconds(1) * Self.threads / rate, ledger: ledger)
      return try NamedThread("bench-client") {
        do {
          try namespace.run { () throws -> Void in try client.run(record) }
        } catch {
          record.state.withLock { $0.failure = error }
        }
      }
    }
  }

  /// Stops all clients and gives what became of their connections. Call it once.
  func stop() throws -> ConnectionOutcomes {
    record.state.withLock { $0.isStopped = true }
    for client in clients { client.join() }
    let state = record.state.withLock { $0 }
    if let failure = state.failure { throw failure }
    return state.outcomes
  }

  /// What a pod answers: its own address, in the machine's byte order.
  static func sayAddress(_ connection: TCPSocket) {
    var address = connection.ownAddress
    _ = send(connection.descriptor, &address, 4, Int32(MSG_NOSIGNAL))
    connection.close()
  }

  private struct Client: Sendable {
    let number: Int
    let names: [SocketName]
    let interval: Duration
    let ledger: EndpointLedger

    func run(_ record: Record) throws {
      var sources = SourceAddresses(start: number)
      var outcomes = ConnectionOutcomes()
      var next = ContinuousClock.now
      var index = number
      while !record.state.withLock({ $0.isStopped }) {
        index += 1
        try connect(to: names[index * 31 % names.count], from: sources.next(), &outcomes)
        next += interval
        let now = ContinuousClock.now
        // Who is late does not hurry afterwards: the load is steady.
        if next < now { next = now } else { usleep(UInt32(now.duration(to: next) / .microseconds(1))) }
      }
      record.state.withLock { [outcomes] in $0.outcomes += outcomes }
    }

    private func connect(to name: SocketName, from source: UInt32, _ outcomes: inout ConnectionOutcomes) throws {
      let start = ContinuousClock.now
      let socket = try TCPSocket()
      defer { socket.abort() }
      guard socket.bind(to: source) else { throw UserError.system("bind to", "a client's address") }
      socket.setTimeout(.seconds(3))
      let code = socket.connect(to: name)
      guard code == 0 else {
        outcomes.failures[code, default: 0] += 1
        return
      }
      var address: UInt32 = 0
      let count = recv(socket.descriptor, &address, 4, Int32(MSG_WAITALL))
      if count == 4 {
        outcomes.answer(absence: ledger.absence(of: address, at: start))
      } else {
        outcomes.failures[count < 0 ? errno : ECONNRESET, default: 0] += 1
      }
    }
  }
}
