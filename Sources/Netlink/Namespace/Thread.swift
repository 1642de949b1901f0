import Glibc

/// Threads of one closure: what changes its thread's namespace must not run on a thread that others use afterwards.
enum Thread {
  private final class Job {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread and waits for it.
  static func run<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    var outcome: Swift.Result<Result, Failure>?
    withoutActuallyEscaping(body) { body in
      let run = {
        do throws(Failure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
      }
      withoutActuallyEscaping(run) { run in
        start(run, waiting: true)
      }
    }
    guard let outcome else { fatalError("a thread of its own has run its body") }
    return try outcome.get()
  }

  /// Starts a thread that is not waited for.
  static func detach(_ body: @escaping @Sendable () -> Void) { start(body, waiting: false) }

  private static func start(_ body: @escaping () -> Void, waiting: Bool) {
    let job = Unmanaged.passRetained(Job(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 512 * 1024)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, job.toOpaque())
    guard code == 0 else { fatalError("pthread_create failed with errno \(code): no more threads may be made") }
    if waiting { pthread_join(thread, nil) } else { pthread_detach(thread) }
  }
}
