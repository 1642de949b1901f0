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

  /// - Parameter receiveBuffer: bytes of changes that may wait to be read.
  public init(receiveBuffer: Int = 8 << 20) throws(NetlinkError) {
    socket = try NetfilterSocket(groups: [UInt32(NFNLGRP_NFTABLES.rawValue)], receiveBuffer: receiveBuffer)
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
  ///
  /// A reader that is too slow gets ``NFTablesEvent/overrun`` in place of what was lost.
  public func events() -> AsyncStream<NFTablesEvent> {
    let (stream, delivery) = EventDelivery.makeStream(limit: 1024, overrun: NFTablesEvent.overrun)
    delivery.onEnd { [weak self] in self?.stop() }
    Thread.detach { [self] in listen(delivery) }
    return stream
  }

  /// On a thread of its own, because waiting for a socket must not hold one of the concurrency pool's.
  private func listen(_ delivery: EventDelivery<NFTablesEvent>) {
    var delivery = delivery
    while true {
      var watched = [
        pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wakeup.read, events: Int16(POLLIN), revents: 0),
      ]
      // After an overrun the reader must hear of it soon, also when nothing more happens.
      let ready = poll(&watched, 2, delivery.isOverrun ? 50 : -1)
      if ready < 0, Glibc.errno == EINTR { continue }
      if ready < 0 || watched[1].revents != 0 { break }
      if ready == 0 { delivery.tellOverrun() }
      for event in read() { delivery.deliver(event) }
    }
    delivery.finish()
  }

  private func read() -> [NFTablesEvent] {
    var events: [NFTablesEvent] = []
    var hasLost = false
    while true {
      do throws(NetlinkError) {
        try socket.receive { (message) throws(NetlinkError) in
          guard Int(message.type) >> 8 == Int(NFNL_SUBSYS_NFTABLES), let family = NFFamily(rawValue: message.family),
            let name = Self.table(message)
          else { return true }
          let event = NFTablesEvent.changed(NFTableName(family, name), port: message.portID)
          if events.last != event { events.append(event) }
          return true
        }
        break
      } catch {
        hasLost = true
        // The kernel drops whatever comes until the socket is empty again, and says so only once: it is emptied first.
        guard error.errno == ENOBUFS else { break }
      }
    }
    if hasLost { events.append(.overrun) }
    return events
  }

  /// The table's name is the first attribute of every object's messages; generations have none.
  private static func table(_ message: Message) -> String? {
    let kind = UInt32(message.type & 0xff)
    guard kind != NFT_MSG_NEWGEN.rawValue else { return nil }
    return message.attributes.first(NFTA_TABLE_NAME)?.string
  }
}
