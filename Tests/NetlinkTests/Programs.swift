import Foundation
import Netlink
import Testing

/// Programs that tests ask for a second opinion.
enum Programs {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Runs a program inside a namespace and gives what it printed.
  @discardableResult
  static func run(in namespace: NetworkNamespace, _ arguments: [String], input: String = "") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
    process.arguments = ["--net=/proc/\(getpid())/fd/\(namespace.descriptor)"] + arguments
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let text = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        description: "\(arguments.joined(separator: " ")) ended with \(process.terminationStatus): \(complaint)")
    }
    return text
  }

  /// Loads a ruleset as `nft -f` does.
  static func loadRuleset(_ text: String, in namespace: NetworkNamespace) throws {
    try run(in: namespace, ["nft", "-f", "-"], input: text)
  }

  /// The ruleset as nft prints it, without counts.
  static func ruleset(of namespace: NetworkNamespace) throws -> String {
    try run(in: namespace, ["nft", "--stateless", "list", "ruleset"])
  }
}

extension NetworkNamespace {
  func tables() throws -> NFTablesSocket {
    try run { () throws(NetlinkError) in try NFTablesSocket() }
  }

  func conntrack() throws -> ConntrackSocket {
    try run { () throws(NetlinkError) in try ConntrackSocket() }
  }
}
