import CLinux

/// A thread of its own for one loop that blocks.
struct ServingThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: UInt64

  /// - Parameter name: at most 15 bytes; it is shown by `top -H`.
  /// - Throws: ``DNSServerError`` where the system makes no more threads.
  init(name: String, _ run: @escaping @Sendable () -> Void) throws(DNSServerError) {
    let body = Unmanaged.passRetained(Body(run))
    var thread: UInt64 = 0
    let code = linux_thread_start(
      name, 256 * 1024,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
      }, body.toOpaque(), &thread)
    guard code == 0 else {
      body.release()
      throw DNSServerError("start", "thread \(name)", code: code)
    }
    self.thread = thread
  }

  /// Waits until the loop has ended.
  func join() { linux_thread_join(thread) }

  /// As ``join()``, for a loop that was told to end and may wait for the kernel: the wait ends with EINTR.
  func interruptAndJoin() { linux_thread_interrupt_and_join(thread) }
}
