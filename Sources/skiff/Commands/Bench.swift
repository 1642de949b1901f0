import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Benchmarks: a table for people, --json for machines.",
    subcommands: [
      BenchServices.self, BenchConnections.self, BenchRolling.self, BenchChurn.self, BenchDNS.self,
      BenchEcho.self, BenchPods.self,
    ])
}
