import ArgumentParser

#if canImport(Glibc)
  import Glibc
#endif

@main struct Skiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "skiff",
    abstract: "The network of a Kubernetes node in one daemon, and a whole cluster in one binary.",
    version: "skiff \(Version.current)",
    subcommands: [
      Up.self, Down.self, Status.self, Kubeconfig.self, Server.self, Node.self, Network.self, ProxyCommand.self,
      DNS.self, Explain.self, Bench.self, VersionCommand.self, Supervise.self,
      HoldSockets.self,
    ])

  /// Runs the command. A user's error ends with one line on standard error: exit code 2 where the command line is
  /// wrong, 1 for everything else.
  static func main() async {
    // A peer that closes its end is an error of that write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as UserError {
      fail(error.message, code: error.exitCode)
    } catch {
      let code = exitCode(for: error)
      if code.isSuccess { exit(withError: error) }  // --help and --version
      fail(message(for: error), code: code == .validationFailure ? 2 : 1)
    }
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    Console.progress("skiff: \(line)")
    Glibc.exit(code)
  }
}
