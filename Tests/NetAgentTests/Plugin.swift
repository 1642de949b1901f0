import Glibc
import KubeAPI
import Netlink
import Synchronization
import Testing

/// Runs the executable `skiff-cni` as a container runtime does: environment, configuration on standard input, JSON back.
struct Plugin: Sendable {
  /// Beside the test bundle, in the folder of the build's products.
  static let executable: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/skiff-cni"
  }()

  struct Outcome: Sendable {
    /// The number of the signal that ended it, negative, where one did.
    var exitCode: Int32
    var output: JSONValue?
    var code: Int64? { output?["code"]?.integerValue }
    var message: String { output?["msg"]?.stringValue ?? "" }
    /// The addresses of a result, without prefix lengths.
    var addresses: [IPAddress] {
      (output?["ips"]?.arrayValue ?? []).compactMap { item in
        item["address"]?.stringValue.flatMap { $0.split(separator: "/").first }.flatMap { IPAddress($0) }
      }
    }
  }

  var socket: String
  var version = "1.0.0"

  func configuration(_ extra: [(String, JSONValue)] = []) -> JSONValue {
    var json: JSONValue = [
      "cniVersion": .string(version), "name": "skiff", "type": "skiff-cni", "socket": .string(socket),
    ]
    for (name, value) in extra { json[name] = value }
    return json
  }

  func call(
    _ command: String, _ container: String, namespace: String? = nil, interface: String = "eth0",
    arguments: String? = nil, _ extra: [(String, JSONValue)] = [], killedAfter patience: Duration? = nil
  ) async throws -> Outcome {
    var environment = [
      "CNI_COMMAND=\(command)", "CNI_CONTAINERID=\(container)", "CNI_IFNAME=\(interface)", "CNI_PATH=/opt/cni/bin",
    ]
    if let namespace { environment.append("CNI_NETNS=\(namespace)") }
    if let arguments { environment.append("CNI_ARGS=\(arguments)") }
    var input: [UInt8] = []
    configuration(extra).write(to: &input)
    return try await Self.run(environment: environment, input: input, killedAfter: patience)
  }

  /// Runs the executable on a thread of its own.
  /// - Parameter patience: it is killed where it takes longer.
  static func run(
    environment: [String], input: [UInt8], name: String = "skiff-cni", killedAfter patience: Duration? = nil
  ) async throws -> Outcome {
    try await withCheckedThrowingContinuation { continuation in
      let thread = TestThread {
        continuation.resume(with: Result { try spawn(environment: environment, input: input, name: name, patience) })
      }
      thread.start()
    }
  }

  struct SpawnError: Error { var code: Int32 }

  private static func spawn(
    environment: [String], input: [UInt8], name: String, _ patience: Duration?
  ) throws -> Outcome {
    var toChild: [Int32] = [-1, -1]
    var fromChild: [Int32] = [-1, -1]
    guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw SpawnError(code: errno) }
    for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
    posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(name), nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, executable, &actions, nil, &arguments, &variables)
    close(fromChild[1])
    // The pipe holds it all, and has a reader also where the child ends at once.
    _ = input.withUnsafeBytes { write(toChild[1], $0.baseAddress, $0.count) }
    close(toChild[0])
    close(toChild[1])
    guard code == 0 else { throw SpawnError(code: code) }
    if let patience {
      var answer = pollfd(fd: fromChild[0], events: Int16(POLLIN), revents: 0)
      usleep(useconds_t(patience / .microseconds(1)))
      if poll(&answer, 1, 0) == 0 { kill(process, SIGKILL) }
    }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(fromChild[0], &buffer, buffer.count)
      if count <= 0 { break }
      output += buffer[..<count]
    }
    close(fromChild[0])
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let exitCode = status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
    return Outcome(exitCode: exitCode, output: try? JSONValue(parsing: output))
  }
}

/// A thread for something that blocks.
final class TestThread {
  private let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func start() {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<TestThread>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_detach(thread)
  }
}
