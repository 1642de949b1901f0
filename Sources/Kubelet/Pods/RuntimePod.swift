/// What the runtime holds for one pod.
struct RuntimePod: Sendable, Equatable {
  struct Sandbox: Sendable, Equatable {
    var id: String
    var attempt: UInt32 = 0
    var isReady: Bool
    /// Nanoseconds since 1970.
    var createdAt: Int64 = 0
    var ips: [String] = []
  }

  struct Container: Sendable, Equatable {
    enum State: Sendable { case created, running, exited, unknown }

    var id: String
    var name: String
    var attempt: UInt32 = 0
    var sandboxID: String
    var state: State
    /// Nanoseconds since 1970; 0 for never.
    var createdAt: Int64 = 0
    var startedAt: Int64 = 0
    var finishedAt: Int64 = 0
    var exitCode: Int32 = 0
    var reason = ""
    /// The termination message.
    var message = ""
    var image = ""
    var imageRef = ""
    /// Of the part of the spec that it was made from.
    var hash = ""
    var logPath = ""
  }

  /// The newest first.
  var sandboxes: [Sandbox] = []
  /// The newest first.
  var containers: [Container] = []

  var sandbox: Sandbox? { sandboxes.first }

  /// The newest container of that name, in whichever sandbox.
  func latest(_ name: String) -> Container? { containers.first { $0.name == name } }

  /// The newest container of that name in the newest sandbox.
  func current(_ name: String) -> Container? {
    containers.first { $0.name == name && $0.sandboxID == sandbox?.id }
  }

  /// The attempt before the newest.
  func previous(_ name: String) -> Container? { containers.filter { $0.name == name }.dropFirst().first }

  func container(_ id: String) -> Container? { containers.first { $0.id == id } }

  var running: [Container] { containers.filter { $0.state == .running || $0.state == .unknown } }

  mutating func sort() {
    sandboxes.sort { ($0.attempt, $0.createdAt) > ($1.attempt, $1.createdAt) }
    containers.sort { ($0.attempt, $0.createdAt) > ($1.attempt, $1.createdAt) }
  }
}
