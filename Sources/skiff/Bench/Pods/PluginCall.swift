import KubeAPI
import Netlink

#if canImport(Glibc)
  import Glibc
#endif

/// One call of `skiff-cni` as a container runtime makes it: a process, its environment, the configuration on its standard
/// input, the result on its standard output.
struct PluginCall: Sendable {
  enum Verb: String {
    case add = "ADD"
    case delete = "DEL"
    case status = "STATUS"
  }

  struct Answer: Sendable {
    var exitCode: Int32
    var output: JSONValue?

    /// The first address of the result, without its length.
    var address: IPAddress? {
      output?["ips"]?.arrayValue?.first?["address"]?.stringValue?.split(separator: "/").first.flatMap { IPAddress($0) }
    }
  }

  /// A call under way.
  struct Running {
    fileprivate let pid: pid_t
    fileprivate let output: Int32

    /// Reads the result until the process ends.
    func finish() -> Answer {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        let count = read(output, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { break }
        bytes += buffer[..<count]
      }
      close(output)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      return Answer(exitCode: status & 0x7f == 0 ? status >> 8 & 0xff : -1, output: try? JSONValue(parsing: bytes))
    }
  }

  let executable: String
  private let input: [UInt8]

  init(executable: String, socket: String) {
    self.executable = executable
    let configuration: JSONValue = [
      "cniVersion": "1.1.0", "name": "skiff", "type": "skiff-cni", "socket": .string(socket),
    ]
    input = Array(configuration.text.utf8)
  }

  /// Starts the process; it reads its input from a pipe that holds all of it.
  func start(_ verb: Verb, _ container: String, namespace: String) throws -> Running {
    var (inner, outer) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
    guard pipe(&inner) == 0, pipe(&outer) == 0 else { throw UserError.system("make a pipe for", executable) }
    for end in inner + outer { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { for end in inner + [outer[1]] { close(end) } }
    guard write(inner[1], input, input.count) == input.count else { throw UserError.system("write to", executable) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, inner[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, outer[1], STDOUT_FILENO)
    let environment = [
      "CNI_COMMAND=\(verb.rawValue)", "CNI_CONTAINERID=\(container)", "CNI_IFNAME=eth0", "CNI_NETNS=\(namespace)",
      // No pod is named: the API server knows none, and the agent would wait to hear of it.
      "CNI_PATH=/opt/cni/bin", "CNI_ARGS=IgnoreUnknown=1",
    ]
    let arguments = [strdup("skiff-cni"), nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + variables { free(pointer) } }
    var pid = pid_t()
    let code = posix_spawn(&pid, executable, &actions, nil, arguments, variables)
    guard code == 0 else {
      close(outer[0])
      throw UserError.system("start", executable, errno: code)
    }
    return Running(pid: pid, output: outer[0])
  }

  func run(_ verb: Verb, _ container: String, namespace: String) throws -> Answer {
    try start(verb, container, namespace: namespace).finish()
  }
}
