import CNetlink
import Glibc

/// The changes of a namespace's links, addresses, routes and neighbours.
public enum RouteEvents {
  /// Events from now on; the kernel has joined the groups when this returns, so that nothing is missed of what changes
  /// after it.
  ///
  /// A thread reads them until the stream's iteration ends or its task is cancelled. A reader that is too slow gets
  /// ``RouteEvent/overrun`` in place of what was lost, never an unbounded queue.
  public static func stream(
    _ kinds: RouteEventKinds, in namespace: NetworkNamespace? = nil
  ) throws(NetlinkError) -> AsyncStream<RouteEvent> {
    let open = { () throws(NetlinkError) -> Int32 in try Self.open(kinds.groups) }
    let descriptor = if let namespace { try namespace.run(open) } else { try open() }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      let code = errno
      close(descriptor)
      throw NetlinkError(call: "make", object: "pipe", errno: code)
    }
    let (wake, waker) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (stream, delivery) = EventDelivery.makeStream(limit: 4096, overrun: RouteEvent.overrun)
    // A termination happens once; the closed end wakes the thread.
    delivery.onEnd { close(waker) }
    Thread.detach {
      read(descriptor, until: wake, delivery)
      close(descriptor)
      close(wake)
    }
    return stream
  }

  private static func open(_ groups: [Int32]) throws(NetlinkError) -> Int32 {
    let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
    guard descriptor >= 0 else { throw NetlinkError(call: "open", object: "rtnetlink event socket", errno: errno) }
    var size: Int32 = 4 << 20
    let width = socklen_t(MemoryLayout<Int32>.size)
    if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, width) != 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, width)
    }
    // Without an address of its own the socket has the kernel's, and is told nothing.
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
      }
    }
    guard bound == 0 else {
      let code = errno
      close(descriptor)
      throw NetlinkError(call: "bind", object: "rtnetlink event socket", errno: code)
    }
    for group in groups {
      var number = group
      guard setsockopt(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, width) == 0 else {
        let code = errno
        close(descriptor)
        throw NetlinkError(call: "join", object: "rtnetlink group \(group)", errno: code)
      }
    }
    return descriptor
  }

  private static func read(_ descriptor: Int32, until wake: Int32, _ delivery: EventDelivery<RouteEvent>) {
    var buffer = [UInt8](repeating: 0, count: 65536)
    var delivery = delivery
    // The kernel drops whatever comes until the socket is empty again, and says so only once: the reader is told then.
    var hasLost = false
    while true {
      var waiting = [
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
      ]
      // After an overrun the reader must hear of it soon, also when nothing more happens.
      let count = poll(&waiting, 2, hasLost ? 0 : delivery.isOverrun ? 50 : -1)
      if waiting[1].revents != 0 { return }
      if count == 0 {
        if hasLost { delivery.deliver(.overrun) } else { delivery.tellOverrun() }
        hasLost = false
        continue
      }
      let length = buffer.withUnsafeMutableBytes {
        recv(descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_DONTWAIT))
      }
      if length < 0 {
        if errno == ENOBUFS { hasLost = true }
        continue
      }
      for event in RouteEvent.events(in: buffer[..<length]) { delivery.deliver(event) }
    }
  }
}
