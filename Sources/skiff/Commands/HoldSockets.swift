import ArgumentParser
import ClusterDNS

/// The process that holds the sockets of cluster DNS while its daemon is restarted. The daemon starts it, with its
/// listening socket as descriptor 3.
struct HoldSockets: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hold-sockets", abstract: "Hold the sockets of cluster DNS over a restart (its daemon starts it).",
    shouldDisplay: false)

  @Option(help: "How long to wait for the next daemon, in seconds.") var grace = 30

  func run() { SocketHolder.run(listening: 3, grace: .seconds(grace)) }
}

extension HeldSockets.Access {
  /// The holder of a daemon with this run folder.
  static func holder(_ runDirectory: String) -> HeldSockets.Access {
    HeldSockets.Access(path: "\(runDirectory)/dns-sockets.sock") { listening in
      _ = try ChildProcess.spawn([Files.ownExecutable(), "hold-sockets"], log: "/dev/null", passing: listening)
    }
  }
}
