import Synchronization
import UnixSignals

#if canImport(Glibc)
  import Glibc
#endif

/// What a benchmark has on the machine while it runs, apart from its network namespace: a folder, and programs.
final class BenchScratch: Sendable {
  let folder: String
  private let sessions = Mutex<[Session]>([])

  private init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/skiff-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw UserError.system("create a folder in", parent) }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Runs a benchmark, and takes away what it has made, also where it fails or is interrupted.
  static func with<Result: Sendable>(_ body: @Sendable (BenchScratch) async throws -> Result) async throws -> Result {
    let scratch = try BenchScratch()
    let watch = Task {
      for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
        scratch.clear()
        exit(signal == .sigint ? 130 : 143)
      }
    }
    defer {
      scratch.clear()
      watch.cancel()
    }
    return try await body(scratch)
  }

  /// Starts a program in the network namespace of the calling thread; what it says goes to a file in the folder.
  func start(_ name: String, _ arguments: [String]) throws -> Session {
    let log = "\(folder)/\(name).log"
    let session = Session(leader: try ChildProcess.spawn(arguments, log: log), name: name, log: log)
    sessions.withLock { $0.append(session) }
    return session
  }

  func end(_ session: Session) {
    session.end()
    sessions.withLock { $0.removeAll { $0.leader.pid == session.leader.pid } }
  }

  private func clear() {
    for session in sessions.withLock({ $0 }) { end(session) }
    do {
      try Files.removeTree(folder)
    } catch {
      Console.progress("skiff: \(error)")
    }
  }
}
