import CLinux
import Glibc
import Netlink
import Synchronization

@testable import ClusterDNS

/// An upstream that hands every query on to another server, and its answers back: what makes a loop where that server is
/// the one that asks.
final class LoopingUpstream: Sendable {
  let address: ListenAddress
  private let front: Int32
  private let back: Int32
  private let target = Mutex<[UInt8]?>(nil)
  private let isStopping = Atomic(false)
  private let thread = Mutex<ServingThread?>(nil)

  init() throws {
    let any = ListenAddress(IPAddress(127, 0, 0, 1), port: 0)
    let name = any.socketAddress
    front = linux_datagram_socket(name, UInt32(name.count), 0)
    back = linux_datagram_socket(name, UInt32(name.count), 0)
    address = try ListenAddress.bound(front).orThrow()
    let started = try ServingThread(name: "up-loop") { [self] in serve() }
    thread.withLock { $0 = started }
  }

  func forward(to server: ListenAddress) { target.withLock { $0 = server.socketAddress } }

  func stop() {
    isStopping.store(true, ordering: .releasing)
    thread.withLock { $0.take() }?.interruptAndJoin()
    close(front)
    close(back)
  }

  private func serve() {
    var clients: [UInt16: [UInt8]] = [:]
    var buffer = [UInt8](repeating: 0, count: 4096)
    var waiting = [front, back].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while !isStopping.load(ordering: .acquiring) {
      guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
      for entry in waiting where entry.revents != 0 {
        var peer = [UInt8](repeating: 0, count: 16)
        var length = socklen_t(16)
        let count = peer.withUnsafeMutableBytes { raw in
          raw.withMemoryRebound(to: sockaddr.self) {
            recvfrom(entry.fd, &buffer, buffer.count, 0, $0.baseAddress, &length)
          }
        }
        guard count > 12 else { continue }
        let id = buffer.bigEndian16(0)
        if entry.fd == front {
          clients[id] = peer
          if let server = target.withLock({ $0 }) {
            _ = linux_datagram_send(back, buffer, count, server, UInt32(server.count))
          }
        } else if let client = clients.removeValue(forKey: id) {
          _ = linux_datagram_send(front, buffer, count, client, UInt32(client.count))
        }
      }
    }
  }
}

extension Optional where Wrapped == ListenAddress {
  fileprivate func orThrow() throws -> ListenAddress {
    guard let self else { throw Timeout(description: "the socket has no address") }
    return self
  }
}
