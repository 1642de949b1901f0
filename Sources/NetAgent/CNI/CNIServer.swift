import Glibc
import Synchronization

/// The unix socket that `skiff-cni` calls, a thread for each call.
///
/// Calls are few and block in the kernel (links, fsync), which has no place on an event loop or a task's thread.
final class CNIServer: Sendable {
  private let path: String
  private let listener: Int32
  private let wake: (read: Int32, write: Int32)
  private let running = Mutex(0)
  private let handler: @Sendable (CNIRequest) -> [UInt8]

  /// Calls at once; the others wait in the socket's queue.
  private static let limit = 64

  /// Listens from now on; calls are answered once ``start()`` was called.
  init(path: String, handler: @escaping @Sendable (CNIRequest) -> [UInt8]) throws(CNIServerError) {
    self.path = path
    self.handler = handler
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CNIServerError("make a pipe for", path) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    wake = (ends[0], ends[1])
    do throws(CNIServerError) {
      listener = try Self.listen(path)
    } catch {
      close(ends[0])
      close(ends[1])
      throw error
    }
  }

  private static func listen(_ path: String) throws(CNIServerError) -> Int32 {
    var address = sockaddr_un()
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw CNIServerError("listen on", path, reason: "the path is longer than 107 bytes")
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw CNIServerError("open a socket for", path) }
    unlink(path)  // of a daemon that ended before this one; two at once are excluded by the journal's lock
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let old = umask(0o177)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    let code = errno
    umask(old)
    guard result == 0, Glibc.listen(descriptor, 4096) == 0 else {
      errno = result == 0 ? errno : code
      let error = CNIServerError("listen on", path)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Answers calls until ``stop()``.
  func start() {
    Worker.detach { [self] in accept() }
  }

  /// Accepts no more, removes the socket, and waits for the calls that run.
  func stop() {
    unlink(path)
    close(wake.write)
    while running.withLock({ $0 }) > 0 { usleep(1000) }
  }

  private func accept() {
    defer {
      close(listener)
      close(wake.read)
    }
    while true {
      let isFull = running.withLock { $0 } >= Self.limit
      var waiting = [pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0)]
      if !isFull { waiting.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
      _ = poll(&waiting, nfds_t(waiting.count), isFull ? 1 : -1)
      if waiting[0].revents != 0 { return }
      guard waiting.count > 1, waiting[1].revents != 0 else { continue }
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { continue }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      running.withLock { $0 += 1 }
      Worker.detach { [self] in
        serve(connection)
        close(connection)
        running.withLock { $0 -= 1 }
      }
    }
  }

  private func serve(_ descriptor: Int32) {
    // A caller that sends nothing must not hold a place for ever.
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    let width = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, width)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, width)
    var connection = CNIConnection()
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return }
      switch count == 0 ? connection.ended() : connection.received(buffer[..<count]) {
      case .read: continue
      case .handle(let request): return Self.send(handler(request), to: descriptor)
      case .answer(let bytes): return Self.send(bytes, to: descriptor)
      case .close: return
      }
    }
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      // A caller that is gone: what was done is in the journal, and DEL or the collector ends it.
      guard count > 0 else { return }
      sent += count
    }
  }
}

/// Why the CNI socket cannot be served.
struct CNIServerError: Error, CustomStringConvertible {
  var description: String

  init(_ action: String, _ path: String, reason: String? = nil) {
    let reason = reason ?? String(cString: strerror(errno))
    description = "cannot \(action) the CNI socket \(path): \(reason)"
  }
}

/// Threads for calls that block.
enum Worker {
  static func detach(_ body: @escaping @Sendable () -> Void) {
    final class Job {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let job = Unmanaged.passRetained(Job(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, job.toOpaque())
    if code != 0 {
      job.release()
      body()  // no thread may be made: the call is still answered, one at a time
    }
  }
}
