import CLinux

/// A thread of its own for work that blocks.
struct NamedThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: UInt64

  /// - Parameter name: at most 15 bytes; `top -H` shows it.
  /// - Throws: ``UserError`` where the system makes no more threads.
  init(_ name: String, _ run: @escaping @Sendable () -> Void) throws {
    let body = Unmanaged.passRetained(Body(run))
    var thread: UInt64 = 0
    let code = linux_thread_start(
      name, 512 * 1024,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
      }, body.toOpaque(), &thread)
    guard code == 0 else {
      body.release()
      throw UserError.system("start", "thread \(name)", errno: code)
    }
    self.thread = thread
  }

  /// Waits until the work has ended. Call it once.
  func join() { linux_thread_join(thread) }
}
