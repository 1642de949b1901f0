import CNetlink
import Glibc

/// Hears of every nftables transaction of the network namespace that it is made in, whoever sends it.
///
/// The kernel drops all notifications but those of generations before they reach the socket, so that a transaction of a
/// million elements costs the listener one message.
public final class NFGenerationListener: Sendable {
  private let socket: NetfilterSocket

  public init() throws(NetlinkError) {
    socket = try NetfilterSocket()
    try filter()
    guard
      NetfilterSocket.set(
        socket.descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, Int32(NFNLGRP_NFTABLES.rawValue))
    else {
      throw NetlinkError(call: "join multicast group", object: "of nftables", errno: Glibc.errno)
    }
  }

  /// Waits for transactions, at most so long, and gives those that there have been since the last call.
  ///
  /// - Throws: `ENOBUFS` where more came than the socket could hold.
  public func wait(milliseconds: Int32) throws(NetlinkError) -> [NFGeneration] {
    var watched = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&watched, 1, milliseconds)
    guard ready > 0 else {
      if ready < 0, Glibc.errno != EINTR {
        throw NetlinkError(call: "poll", object: "netfilter's netlink socket", errno: Glibc.errno)
      }
      return []
    }
    var generations: [NFGeneration] = []
    try socket.receive { (message) throws(NetlinkError) in
      if let generation = NFGeneration(message) { generations.append(generation) }
      return true
    }
    return generations
  }

  /// A program in the classic packet filter's language: load the message's type, take the message where it is right.
  private func filter() throws(NetlinkError) {
    // Loads are big endian, the type is in the machine's order.
    let type = UInt32(NFGeneration.messageType.byteSwapped)
    var program = [
      sock_filter(code: UInt16(BPF_LD | BPF_H | BPF_ABS), jt: 0, jf: 0, k: 4),
      sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: 0, jf: 1, k: type),
      sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: UInt32.max),
      sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: 0),
    ]
    let attached = program.withUnsafeMutableBufferPointer { program in
      var description = sock_fprog(len: UInt16(program.count), filter: program.baseAddress)
      return setsockopt(
        socket.descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &description, socklen_t(MemoryLayout<sock_fprog>.size))
    }
    guard attached == 0 else {
      throw NetlinkError(call: "attach filter", object: "to netfilter's netlink socket", errno: Glibc.errno)
    }
  }
}
