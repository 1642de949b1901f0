import Foundation
import Glibc
import Netlink
import Testing

/// What tests of the real kernel need.
enum Kernel {
  /// Whether namespaces can be made here.
  static var isUsable: Bool { (try? NetworkNamespace.make()) != nil }
  static let reason: Comment = "needs root, to make a network namespace"

  /// Runs a program inside a namespace and gives its output; a failure is thrown with what it said.
  @discardableResult
  static func run(_ namespace: NetworkNamespace, _ arguments: String...) throws -> String {
    try run(namespace, arguments)
  }

  @discardableResult
  static func run(_ namespace: NetworkNamespace, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
    process.arguments = ["--net=/proc/\(getpid())/fd/\(namespace.descriptor)"] + arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ProgramFailure(
        program: arguments.joined(separator: " "), status: process.terminationStatus,
        errors: String(decoding: complaint, as: UTF8.self))
    }
    return String(decoding: text + complaint, as: UTF8.self)
  }

  struct ProgramFailure: Error {
    var program: String
    var status: Int32
    var errors: String
  }

  static func socket(_ namespace: NetworkNamespace) throws -> NFTablesSocket {
    try namespace.run { () throws(NetlinkError) in try NFTablesSocket() }
  }
}
