import CNetlink
import Glibc
import Synchronization

/// A connection to the kernel's rtnetlink in one network namespace.
///
/// It belongs to the namespace it was made in, whichever thread uses it later. Calls block until the kernel has
/// answered (microseconds, for the creation and deletion of links up to milliseconds), and may come from several threads.
public final class RouteSocket: Sendable {
  private struct State: @unchecked Sendable {  // the pointer is used by one thread at a time, under the mutex
    /// `struct nl_sock *` of libnl, freed by the one who owns the socket.
    var handle: OpaquePointer
    var sequence: UInt32
    var buffer: [UInt8]
  }

  private let state: Mutex<State>
  let namespaceDescription: String

  /// A socket in the calling thread's namespace.
  public convenience init() throws(NetlinkError) { try self.init(describing: "this thread's namespace") }

  /// A socket in another namespace.
  public convenience init(in namespace: NetworkNamespace) throws(NetlinkError) {
    let handle = try namespace.run { () throws(NetlinkError) -> OpaquePointer in try Self.open() }
    self.init(handle: handle, describing: namespace.description)
  }

  private convenience init(describing description: String) throws(NetlinkError) {
    self.init(handle: try Self.open(), describing: description)
  }

  private init(handle: OpaquePointer, describing description: String) {
    state = Mutex(State(handle: handle, sequence: 1, buffer: [UInt8](repeating: 0, count: 32768)))
    namespaceDescription = description
  }

  deinit {
    state.withLock { nl_socket_free($0.handle) }
  }

  private static func open() throws(NetlinkError) -> OpaquePointer {
    guard let handle = nl_socket_alloc() else {
      throw NetlinkError(call: "nl_socket_alloc", object: "rtnetlink socket", errno: ENOMEM)
    }
    errno = 0
    guard nl_connect(handle, NETLINK_ROUTE) == 0 else {
      let code = errno
      nl_socket_free(handle)
      throw NetlinkError(call: "socket", object: "rtnetlink socket", errno: code)
    }
    let descriptor = nl_socket_get_fd(handle)
    // Acknowledgements with the kernel's text and without a copy of the request; filters in dump requests are checked.
    for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK] {
      var on: Int32 = 1
      setsockopt(descriptor, SOL_NETLINK, Int32(option), &on, socklen_t(MemoryLayout<Int32>.size))
    }
    return handle
  }

  // MARK: Requests

  /// Sends a request and waits for its acknowledgement.
  func request(_ call: String, _ object: @autoclosure () -> String, _ message: RouteMessage) throws(NetlinkError) {
    var message = message
    message.addFlags(NLM_F_ACK)
    try exchange(call, object, message) { _, _ in }
  }

  /// Sends a request whose answers (of a dump, all its parts) go to `body`: message type, and what follows the header.
  func query(
    _ call: String, _ object: @autoclosure () -> String, _ message: RouteMessage,
    _ body: (_ type: UInt16, _ payload: ArraySlice<UInt8>) -> Void
  ) throws(NetlinkError) {
    try exchange(call, object, message, body)
  }

  /// Sends a dump request and collects what `decode` makes of each part. A dump that a change interrupted is repeated.
  func dump<Element>(
    _ call: String, _ object: @autoclosure () -> String, _ message: RouteMessage,
    _ decode: (_ type: UInt16, _ payload: ArraySlice<UInt8>) -> Element?
  ) throws(NetlinkError) -> [Element] {
    var message = message
    message.addFlags(NLM_F_DUMP)
    var attempt = 0
    while true {
      var elements: [Element] = []
      do throws(NetlinkError) {
        try exchange(call, object, message) { type, payload in
          if let element = decode(type, payload) { elements.append(element) }
        }
        return elements
      } catch  where error.errno == EINTR && attempt < 20 {
        attempt += 1
      }
    }
  }

  private func exchange(
    _ call: String, _ object: () -> String, _ message: RouteMessage,
    _ body: (_ type: UInt16, _ payload: ArraySlice<UInt8>) -> Void
  ) throws(NetlinkError) {
    func failure(_ code: Int32, _ text: String? = nil, _ action: String? = nil) -> NetlinkError {
      NetlinkError(
        call: action.map { "\(call) (\($0))" } ?? call, object: "\(object()) in \(namespaceDescription)", errno: code,
        kernelMessage: text ?? "")
    }
    try state.withLock { (state) throws(NetlinkError) in
      state.sequence &+= 1
      let sequence = state.sequence
      var bytes = message.finished(sequence: sequence, port: nl_socket_get_local_port(state.handle))
      let descriptor = nl_socket_get_fd(state.handle)
      while send(descriptor, &bytes, bytes.count, 0) < 0 {
        guard errno == EINTR else { throw failure(errno, nil, "send") }
      }
      var interrupted = false
      while true {
        let count = state.buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 {
          if errno == EINTR { continue }
          throw failure(errno, nil, "receive")
        }
        switch Self.answers(in: state.buffer[..<count], to: sequence, &interrupted, body) {
        case .more: continue
        case .done:
          if interrupted { throw failure(EINTR, "the dump was interrupted by changes") }
          return
        case .failed(let code, let text): throw failure(code, text)
        }
      }
    }
  }

  enum Progress {
    case more
    case done
    /// The error number, and the kernel's words.
    case failed(Int32, String?)
  }

  /// Reads the messages of one datagram.
  static func answers(
    in datagram: ArraySlice<UInt8>, to sequence: UInt32, _ interrupted: inout Bool,
    _ body: (_ type: UInt16, _ payload: ArraySlice<UInt8>) -> Void
  ) -> Progress {
    var rest = datagram
    var result = Progress.more
    while let length = rest.load(UInt32.self), length >= RouteMessage.headerSize, rest.count >= Int(length),
      let type = rest.load(UInt16.self, at: 4), let flags = rest.load(UInt16.self, at: 6)
    {
      let payload = rest.prefix(Int(length)).dropFirst(RouteMessage.headerSize)
      let answers = rest.load(UInt32.self, at: 8) == sequence
      rest = rest.dropFirst((Int(length) + 3) & ~3)
      guard answers else { continue }
      if Int32(flags) & Int32(NLM_F_DUMP_INTR) != 0 { interrupted = true }
      switch Int32(type) {
      case Int32(NLMSG_NOOP): continue
      case Int32(NLMSG_ERROR): return outcome(payload, fixed: 4 + RouteMessage.headerSize, flags)
      case Int32(NLMSG_DONE): return outcome(payload, fixed: 4, flags)
      default:
        body(type, payload)
        if Int32(flags) & Int32(NLM_F_MULTI) == 0 { result = .done }
      }
    }
    return result
  }

  private static func outcome(_ payload: ArraySlice<UInt8>, fixed: Int, _ flags: UInt16) -> Progress {
    let code = payload.load(Int32.self) ?? 0
    guard code < 0 else { return .done }
    var text: String?
    if Int32(flags) & Int32(NLM_F_ACK_TLVS) != 0 {
      for (type, value) in AttributeSequence(payload.dropFirst(fixed))
      where Int(type) == Int(NLMSGERR_ATTR_MSG.rawValue) {
        text = value.string
      }
    }
    return .failed(0 &- code, text)
  }
}
