import Glibc

/// An environment variable that is there and not empty.
func value(_ name: String) -> String? {
  guard let text = getenv(name) else { return nil }
  let value = String(cString: text)
  return value.isEmpty ? nil : value
}

func environment(_ name: String) throws(PluginError) -> String {
  guard let value = value(name) else {
    throw PluginError(code: 4, message: "\(name) is not set", details: "the runtime must set it for this command")
  }
  return value
}

func readInput() throws(PluginError) -> [UInt8] {
  var input: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16384)
  while true {
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else {
      throw PluginError(code: 5, message: "cannot read standard input", details: String(cString: strerror(errno)))
    }
    if count == 0 { return input }
    input += buffer[..<count]
    guard input.count <= 8 << 20 else {
      throw PluginError(code: 6, message: "the configuration is too long", details: "8 MiB is the limit")
    }
  }
}

func output(_ bytes: [UInt8]) {
  var written = 0
  while written < bytes.count {
    let count = bytes[written...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return }
    written += count
  }
}

/// The program: returns its exit code.
func run() -> Int32 {
  var version = "1.0.0"
  do throws(PluginError) {
    let command = try environment("CNI_COMMAND")
    let configuration = try readInput()
    guard let members = JSONMembers.strings(in: configuration) else {
      throw PluginError(code: 6, message: "the configuration is not a JSON object", details: "on standard input")
    }
    version = members["cniVersion"] ?? "0.1.0"
    if command == "VERSION" {
      let supported = #"["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]"#
      output(Array(#"{"cniVersion":\#(quoted(version)),"supportedVersions":\#(supported)}"#.utf8) + [0x0a])
      return 0
    }
    let called = CommandLine.arguments.first?.split(separator: "/").last.map { String($0) }
    if called == "loopback" || members["type"] == "loopback" {
      if let result = try Loopback.run(command: command, version: version) { output(Array(result.utf8) + [0x0a]) }
      return 0
    }
    guard let socket = members["socket"] else {
      throw PluginError(
        code: 7, message: "the configuration has no \"socket\"", details: "the path of the daemon's socket")
    }
    let answer: (exitCode: Int32, output: [UInt8])
    do throws(PluginError) {
      answer = try Daemon.call(socket: socket, configuration: configuration)
    } catch  where command == "STATUS" && error.code == 11 {
      // STATUS has a code of its own for a plugin that cannot serve.
      throw PluginError(code: 50, message: error.message, details: error.details)
    }
    output(answer.output)
    return answer.exitCode
  } catch {
    output(Array(error.json(version: version).utf8) + [0x0a])
    return 1
  }
}

exit(run())
