import ArgumentParser

#if canImport(Glibc)
  import Glibc
#endif

struct BenchPods: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pods", abstract: "Cost of a pod's network: ADD, DEL, a burst, the ways from pod to pod, policies.",
    discussion: """
      The agent is `skiff network`, a process of its own beside an API server. Pods are added and deleted as a container \
      runtime does it, by skiff-cni, which lies beside this program; the start of its process is in the times. \
      Throughput from pod to pod is measured in turns with a veth between the same two namespaces, and between two nodes, \
      by route and by VXLAN, in turns with the link that joins them. Policies are measured \
      from the planner's state to the kernel, in the benchmark's process; connections under them in turns with the table \
      asleep.
      """)

  @Option(help: "How many pods are added and deleted, one at a time.") var pods = 200
  @Option(help: "How many are added at once.") var burst = 300
  @Option(help: "How long the stream on each way is measured, in seconds.") var seconds = 5
  @Option(
    help: ArgumentHelp(
      "How many network policies there are, over \(PolicyBench.pods) pods; several numbers with commas between.",
      valueName: "numbers"))
  var policies = SizeList([0, 100, 1_000, 10_000])
  @Option(help: "How many times a pod's labels are changed under each number of policies.") var labelChanges = 1_000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard (1...1_000).contains(pods) else { throw ValidationError("--pods takes a number from 1 to 1000") }
    guard (1...1_000).contains(burst) else { throw ValidationError("--burst takes a number from 1 to 1000") }
    guard policies.allSatisfy(0...100_000) else { throw ValidationError("--policies takes numbers from 0 to 100000") }
    guard (1...1_000_000).contains(labelChanges) else {
      throw ValidationError("--label-changes takes a number from 1 to 1000000")
    }
    guard (1...600).contains(seconds) else { throw ValidationError("--seconds takes a number from 1 to 600") }
  }

  func run() async throws {
    try Preflight.requireRoot("bench pods")
    try BenchNamespace.enter()
    BenchLogging.bootstrap()
    var report = try await BenchScratch.with { scratch in
      try BenchNode.configure()
      return try await BenchAPIServer.with(scratch) { server in
        let agent = try await PodsAgent.start(server, scratch)
        defer { scratch.end(agent.session) }
        // The API server has nothing to do with what is measured.
        server.session.signal(SIGSTOP)
        defer { server.session.signal(SIGCONT) }
        return try PodsBench(agent: agent, pods: pods, burst: burst, duration: .seconds(seconds)).run()
      }
    }
    report.sections.append(
      try await BenchScratch.with { try await NodesBench(scratch: $0, duration: .seconds(seconds)).run() })
    // The agent has ended: nothing else uses the machine.
    report.sections.append(
      try PolicyBench(changes: labelChanges, duration: .seconds(seconds)).run(policies.sizes))
    if json { return Console.line(report.json.text) }
    Console.line("Pods on a node, on \(Machine.description)\n")
    for line in Table.aligned(report.rows.map { [$0.0, $0.1] }) { Console.line(line) }
  }
}
