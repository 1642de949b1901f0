import CNetlink
import Glibc
import Synchronization

/// What changed in nftables, as the kernel tells those who listen (NFNLGRP_NFTABLES).
public enum NFTablesEvent: Sendable, Hashable {
  /// An object of a table was added or deleted, by the socket with this port.
  case changed(NFTableName, port: UInt32)
  /// More happened than the socket could hold: whoever must know looks for himself.
  case overrun
}

/// Listens for changes of nftables in the network namespace that it is made in.
///
/// Its thread lives until the monitor is freed or `stop` is called; the stream ends then.
public final class NFTablesMonitor: Sendable {
  private let socket: NetfilterSocket
  /// A pair of sockets; a byte in it ends the thread.
  private let wakeup: (read: Int32, write: Int32)
  private let stopped = Mutex(false)

  public init() throws(NetlinkError) {
    socket = try NetfilterSocket(groups: [UInt32(NFNLGRP_NFTABLES.rawValue)])
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw NetlinkError(call: "open", object: "a socket pair", errno: Glibc.errno)
    }
    wakeup = (ends[0], ends[1])
  }

  deinit {
    close(wakeup.read)
    close(wakeup.write)
  }

  /// Ends the stream.
  public func stop() {
    stopped.withLock { stopped in
      guard !stopped else { return }
      stopped = true
      var byte: UInt8 = 0
      _ = write(wakeup.write, &byte, 1)
    }
  }

  /// The changes from now on, those of one transaction and one table as one. Call it once.
  public func events() -> AsyncStream<NFTablesEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: NFTablesEvent.self, bufferingPolicy: .bufferingNewest(1024))
    continuation.onTermination = { [weak self] _ in self?.stop() }
    let listener = Listener(monitor: self, continuation: continuation)
    listener.start()
    return stream
  }

  private final class Listener: Sendable {
    let monitor: NFTablesMonitor
    let continuation: AsyncStream<NFTablesEvent>.Continuation

    init(monitor: NFTablesMonitor, continuation: AsyncStream<NFTablesEvent>.Continuation) {
      self.monitor = monitor
      self.continuation = continuation
    }

    /// A thread of its own, because waiting for a socket must not hold one of the concurrency pool's.
    func start() {
      var thread = pthread_t()
      let box = Unmanaged.passRetained(self)
      let code = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Listener>.fromOpaque(argument).takeRetainedValue().run()
          return nil
        }, box.toOpaque())
      guard code == 0 else {
        box.release()
        continuation.finish()
        return
      }
      pthread_detach(thread)
    }

    func run() {
      let descriptor = monitor.socket.descriptor
      while true {
        var watched = [
          pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
          pollfd(fd: monitor.wakeup.read, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&watched, 2, -1)
        if ready < 0, Glibc.errno == EINTR { continue }
        if ready < 0 || watched[1].revents != 0 { break }
        for event in read() { continuation.yield(event) }
      }
      continuation.finish()
    }

    private func read() -> [NFTablesEvent] {
      var events: [NFTablesEvent] = []
      do throws(NetlinkError) {
        try monitor.socket.receive { (message) throws(NetlinkError) in
          guard Int(message.type) >> 8 == Int(NFNL_SUBSYS_NFTABLES), let family = NFFamily(rawValue: message.family),
            let name = Self.table(message)
          else { return true }
          let event = NFTablesEvent.changed(NFTableName(family, name), port: message.portID)
          if events.last != event { events.append(event) }
          return true
        }
      } catch {
        events.append(.overrun)
      }
      return events
    }

    /// The table's name is the first attribute of every object's messages; generations have none.
    private static func table(_ message: Message) -> String? {
      let kind = UInt32(message.type & 0xff)
      guard kind != NFT_MSG_NEWGEN.rawValue else { return nil }
      return message.attributes.first(NFTA_TABLE_NAME)?.string
    }
  }
}
