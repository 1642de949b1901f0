import CNetlink
import Glibc
import Synchronization

/// A netlink socket to netfilter (NETLINK_NETFILTER) of the network namespace it is made in.
///
/// One conversation at a time; a lock keeps callers apart. The kernel answers while `send` runs, so what is
/// to be read after a request is in the socket already and nothing here waits.
final class NetfilterSocket: Sendable {
  let descriptor: Int32
  /// The kernel's name of this socket; notifications carry that of the socket that caused them.
  let portID: UInt32
  private let exchange = Mutex(Exchange())

  struct Exchange {
    fileprivate var sequence: UInt32 = 1
    fileprivate var sendBuffer = 0

    mutating func nextSequence() -> UInt32 {
      sequence &+= 1
      return sequence
    }
  }

  /// - Parameters:
  ///   - groups: multicast groups to join (`NFNLGRP_…`).
  ///   - receiveBuffer: bytes that may wait to be read.
  init(groups: [UInt32] = [], receiveBuffer: Int = 8 << 20) throws(NetlinkError) {
    let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_NETFILTER)
    guard descriptor >= 0 else { throw Self.failure("open", Glibc.errno) }
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else {
      let code = Glibc.errno
      close(descriptor)
      throw Self.failure("bind", code)
    }
    self.descriptor = descriptor
    portID = address.nl_pid
    // Refusals carry their reason, and not the request: a batch may be megabytes.
    Self.set(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1)
    Self.set(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1)
    Self.set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, Int32(clamping: receiveBuffer))
    for group in groups {
      guard Self.set(descriptor, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, Int32(group)) else {
        let code = Glibc.errno
        close(descriptor)
        throw NetlinkError(call: "join multicast group", object: "\(group) of netfilter", errno: code)
      }
    }
  }

  deinit { close(descriptor) }

  @discardableResult
  static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
    var value = value
    return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }

  private static func failure(_ call: String, _ code: Int32) -> NetlinkError {
    let advice = code == EPERM ? "run as root, or with CAP_NET_ADMIN" : ""
    return NetlinkError(call: call, object: "netfilter's netlink socket", errno: code, advice: advice)
  }

  /// Runs one conversation: whoever else wants the socket waits.
  func converse<Result>(
    _ body: (inout Exchange) throws(NetlinkError) -> Result
  ) throws(NetlinkError) -> Result {
    let outcome: Swift.Result<Result, NetlinkError> = exchange.withLock { state in
      do throws(NetlinkError) { return .success(try body(&state)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// Sends everything in one piece, which is what makes a batch one transaction: the kernel takes a batch
  /// from a single datagram only, so the send buffer is grown to hold it.
  func send(_ bytes: [UInt8], _ state: inout Exchange) throws(NetlinkError) {
    drain()
    let wanted = bytes.count + 4096
    if wanted > state.sendBuffer {
      // The kernel doubles what it is given and counts its own overhead against it.
      Self.set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, Int32(clamping: wanted))
      state.sendBuffer = wanted
    }
    while true {
      let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
      if sent == bytes.count { return }
      let code = Glibc.errno
      if sent < 0, code == EINTR { continue }
      throw NetlinkError(call: "send", object: "\(bytes.count) bytes to netfilter", errno: sent < 0 ? code : EMSGSIZE)
    }
  }

  /// Throws away what an earlier conversation left.
  private func drain() {
    var scrap = [UInt8](repeating: 0, count: 1)
    // That something was lost of it says nothing about what is left.
    while recv(descriptor, &scrap, 1, Int32(MSG_DONTWAIT)) >= 0 || Glibc.errno == ENOBUFS || Glibc.errno == EINTR {}
  }

  /// Hands every message that waits in the socket to `body`, until it says stop or none is left.
  func receive(_ body: (Message) throws(NetlinkError) -> Bool) throws(NetlinkError) {
    var buffer = [UInt8](repeating: 0, count: 128 << 10)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count < 0 {
        let code = Glibc.errno
        if code == EINTR { continue }
        if code == EAGAIN { return }
        throw NetlinkError(call: "receive", object: "netfilter's answer", errno: code)
      }
      let outcome: Swift.Result<Bool, NetlinkError> = buffer.withUnsafeBytes { bytes in
        for message in Messages(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
          do throws(NetlinkError) {
            if try !body(message) { return .success(false) }
          } catch { return .failure(error) }
        }
        return .success(true)
      }
      if try !outcome.get() { return }
    }
  }

  /// Sends a dump request and hands every object to `body`.
  ///
  /// - Throws: `EINTR` when the objects changed meanwhile, so that the dump may be inconsistent.
  func dump(
    _ what: String, _ type: UInt16, family: UInt8, attributes: (inout MessageBuffer) -> Void = { _ in },
    _ body: (Message) -> Void
  ) throws(NetlinkError) {
    try converse { (state) throws(NetlinkError) in
      var request = MessageBuffer()
      let start = request.beginMessage(
        type, flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP), sequence: state.nextSequence(), family: family)
      attributes(&request)
      request.endMessage(start)
      try send(request.bytes, &state)
      var interrupted = false
      var done = false
      try receive { (message) throws(NetlinkError) in
        if message.flags & UInt16(NLM_F_DUMP_INTR) != 0 { interrupted = true }
        switch Int32(message.type) {
        case NLMSG_DONE:
          done = true
          let code = message.errno
          if code != 0 { throw NetlinkError(call: "list", object: what, errno: code) }
          return false
        case NLMSG_ERROR:
          done = true
          let code = message.errno
          if code != 0 {
            throw NetlinkError(call: "list", object: what, errno: code, kernelMessage: message.extendedText)
          }
          return false
        default:
          body(message)
          return true
        }
      }
      if interrupted || !done { throw NetlinkError(call: "list", object: what, errno: EINTR) }
    }
  }

  /// Dumps, and begins again while the objects change under it; `reset` forgets what was read before.
  func dumpConsistently(
    _ what: String, _ type: UInt16, family: UInt8, attributes: (inout MessageBuffer) -> Void = { _ in },
    reset: () -> Void, _ body: (Message) -> Void
  ) throws(NetlinkError) {
    for attempt in 1...20 {
      reset()
      do throws(NetlinkError) {
        return try dump(what, type, family: family, attributes: attributes, body)
      } catch {
        guard error.errno == EINTR, attempt < 20 else { throw error }
      }
    }
  }

  /// Sends one request that is answered by an acknowledgement or a refusal, and hands what comes before that to `body`.
  func request(
    _ call: String, _ object: String, _ type: UInt16, family: UInt8, version: UInt8 = UInt8(NFNETLINK_V0),
    attributes: (inout MessageBuffer) -> Void = { _ in }, _ body: (Message) -> Void = { _ in }
  ) throws(NetlinkError) {
    try converse { (state) throws(NetlinkError) in
      var request = MessageBuffer()
      let start = request.beginMessage(
        type, flags: UInt16(NLM_F_REQUEST | NLM_F_ACK), sequence: state.nextSequence(), family: family,
        version: version)
      attributes(&request)
      request.endMessage(start)
      try send(request.bytes, &state)
      try receive { (message) throws(NetlinkError) in
        guard Int32(message.type) == NLMSG_ERROR else {
          body(message)
          return true
        }
        let code = message.errno
        guard code == 0 else {
          throw NetlinkError(call: call, object: object, errno: code, kernelMessage: message.extendedText)
        }
        return true
      }
    }
  }
}
