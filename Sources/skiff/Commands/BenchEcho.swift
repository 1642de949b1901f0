import ArgumentParser
import ClusterDNS
import Netlink

/// The floor of `bench dns`, as a process of its own: its CPU time is nothing but the echo's.
struct BenchEcho: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo", abstract: "Send back what comes over UDP and TCP (bench dns starts it).",
    shouldDisplay: false)

  @Argument(help: "Where to listen, address and port.") var address: String
  @Option(help: "How many sockets for UDP, each with its thread.") var threads = 1

  func run() throws {
    guard let address = ListenAddress(text: address, defaultPort: 53), (1...64).contains(threads) else {
      throw UserError("cannot listen on \(address) with \(threads) threads", exitCode: 2)
    }
    let stream = try EchoServer(port: address.port, in: try .current())
    defer { stream.stop() }
    try DatagramEcho(address, threads: threads).wait()
  }
}
