import Foundation
import Testing

/// A cluster of `skiff up`, and the commands that tests type into it.
struct LocalCluster: Sendable {
  let name: String
  var kubectl = "kubectl"

  var root: String { "/var/lib/skiff/\(name)" }
  var kubeconfig: String { "\(root)/kubeconfig" }
  static var skiff: String { "\(Machine.binaries)/skiff" }

  /// The cluster that the tests of a suite share.
  @TaskLocal static var shared = LocalCluster(name: "none")

  static func uniqueName() -> String { "t\(String(UInt32.random(in: 0...UInt32.max), radix: 36))" }

  func up(nodes: Int) throws {
    let result = try run(
      Self.skiff, ["up", "--name", name, "--nodes", "\(nodes)", "--images", Machine.images, "--timeout", "90"],
      limit: 120)
    guard result.status == 0 else {
      let logs = (try? run("sh", ["-c", "tail -n 40 \(root)/logs/*.log"]).output) ?? ""
      throw CommandFailure(command: "skiff up", result: result, logs: logs)
    }
  }

  func down() throws {
    let result = try run(Self.skiff, ["down", "--name", name], limit: 90)
    guard result.status == 0 else { throw CommandFailure(command: "skiff down", result: result, logs: "") }
  }

  /// Runs kubectl and gives its output.
  /// - Throws: ``CommandFailure`` where it ends with another status than 0.
  @discardableResult
  func kubectl(_ arguments: String..., input: String? = nil, limit: TimeInterval = 60) throws -> String {
    let result = try tryKubectl(arguments, input: input, limit: limit)
    guard result.status == 0 else {
      throw CommandFailure(command: "kubectl \(arguments.joined(separator: " "))", result: result, logs: "")
    }
    return result.output
  }

  func tryKubectl(_ arguments: [String], input: String? = nil, limit: TimeInterval = 60) throws -> CommandResult {
    try run(kubectl, arguments, input: input, environment: ["KUBECONFIG": kubeconfig], limit: limit)
  }

  /// Runs a command in the client pod of the demo.
  func inClient(_ command: String...) throws -> CommandResult {
    try tryKubectl(["exec", "client", "--"] + command, limit: 20)
  }

  /// The process that holds a daemon's lock.
  func pid(ofDaemon name: String) throws -> pid_t? {
    let path = "/run/skiff/\(self.name)/\(name)/lock"
    let descriptor = open(path, O_RDWR)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return lock.l_pid
  }
}

struct CommandFailure: Error, CustomStringConvertible {
  var command: String
  var result: CommandResult
  var logs: String

  var description: String {
    "`\(command)` ended with \(result.status): \(result.errors)\(result.output)" + (logs.isEmpty ? "" : "\n\(logs)")
  }
}

/// Gives the tests of a suite one cluster, and removes it behind them whatever happened.
struct SharedCluster: SuiteTrait, TestScoping {
  var nodes: Int

  func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void)
    async throws
  {
    let cluster = LocalCluster(name: LocalCluster.uniqueName())
    do {
      try cluster.up(nodes: nodes)
      try await LocalCluster.$shared.withValue(cluster) { try await function() }
    } catch {
      try? cluster.down()
      throw error
    }
    try cluster.down()
  }
}

extension Trait where Self == SharedCluster {
  static func cluster(nodes: Int) -> Self { SharedCluster(nodes: nodes) }
}

extension Trait where Self == ConditionTrait {
  static var needsCluster: Self {
    .enabled(if: Machine.canRunClusters, Comment(rawValue: Machine.obstacle ?? ""))
  }
}
