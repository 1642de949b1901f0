import Foundation
import Testing

extension ClusterTests {
  /// The demo of the README on two nodes: pods, a Service and a name.
  @Suite(.needsCluster, .cluster(nodes: 2), .serialized)
  struct DemoTests {
    private var cluster: LocalCluster { LocalCluster.shared }

    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples").path

    private func applyDemo() throws {
      try cluster.kubectl("apply", "-f", "\(Self.examples)/web.yaml")
      try cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s", limit: 90)
      try cluster.kubectl("wait", "--for=condition=Ready", "pod/client", "--timeout=60s", limit: 90)
    }

    private func pods() throws -> Set<String> {
      let output = try cluster.kubectl(
        "get", "pods", "-l", "app=web", "-o", "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}")
      return Set(output.split(separator: "\n").map(String.init))
    }

    @Test(.timeLimit(.minutes(3))) func thePodsAnswerInTurnByNameAcrossNodes() async throws {
      try applyDemo()
      let nodes = try cluster.kubectl(
        "get", "pods", "-l", "app=web", "-o", "jsonpath={range .items[*]}{.spec.nodeName}{\"\\n\"}{end}")
      #expect(Set(nodes.split(separator: "\n")).count == 2, "the pods are not spread over both nodes: \(nodes)")
      let expected = Set(try pods().map { "hello from \($0)\n" })
      #expect(expected.count == 3)
      var seen: Set<String> = []
      for _ in 0..<60 where seen != expected {
        let answer = try cluster.inClient("timeout", "2", "wget", "-qO-", "http://web/")
        #expect(answer.status == 0, "\(answer.errors)")
        seen.insert(answer.output)
      }
      #expect(seen == expected)
    }

    @Test(.timeLimit(.minutes(3))) func theNameIsTheClusterIP() async throws {
      try applyDemo()
      let address = try cluster.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")
      let answer = try cluster.inClient("nslookup", "web.default.svc.cluster.local")
      #expect(answer.output.contains("Address: \(address)"), "\(answer.output)\(answer.errors)")
      let short = try cluster.inClient("nslookup", "web")
      #expect(short.output.contains("Address: \(address)"), "\(short.output)\(short.errors)")
    }

    @Test(.timeLimit(.minutes(3))) func aNetworkPolicySaysWhoMayAsk() async throws {
      try applyDemo()
      try cluster.kubectl("label", "pod", "client", "role-")
      try cluster.kubectl("apply", "-f", "\(Self.examples)/policy.yaml")
      defer { _ = try? cluster.kubectl("delete", "networkpolicy", "web") }
      func isAnswered() throws -> Bool {
        try cluster.inClient("timeout", "2", "wget", "-qO-", "http://web/").output.hasPrefix("hello from web-")
      }
      try await eventually("the policy is in force on both nodes", within: .seconds(60)) {
        try (0..<4).allSatisfy { _ in try !isAnswered() } ? () : nil
      }
      #expect(try cluster.kubectl("get", "netpol").contains("app=web"))
      try cluster.kubectl("label", "pod", "client", "role=client", "--overwrite")
      try await eventually("the client may ask now", within: .seconds(60)) {
        try (0..<4).allSatisfy { _ in try isAnswered() } ? () : nil
      }
      // The node itself may ask, or probes would fail.
      #expect(try cluster.kubectl("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "3")
    }

    @Test(.timeLimit(.minutes(3))) func theNodePortAnswersOnEveryNodesAddress() async throws {
      try applyDemo()
      let addresses = try cluster.kubectl(
        "get", "nodes", "-o",
        "jsonpath={range .items[*]}{.status.addresses[?(@.type==\"InternalIP\")].address}{\"\\n\"}{end}")
      #expect(addresses.split(separator: "\n").count == 2)
      for address in addresses.split(separator: "\n") {
        // The nodes' addresses are on a bridge of this machine: nothing leaves it.
        let answer = try run("busybox", ["timeout", "2", "wget", "-qO-", "http://\(address):30080/"])
        #expect(answer.output.hasPrefix("hello from web-"), "\(address): \(answer.errors)")
      }
    }

    @Test(.timeLimit(.minutes(3))) func aDeletedPodLeavesTheRotationBeforeItStopsAnswering() async throws {
      try applyDemo()
      let before = try pods()
      let victim = try #require(before.sorted().first)
      // Connections go on all the while: none may fail.
      let load = Task.detached { [cluster] in
        try run(
          "kubectl",
          [
            "exec", "client", "--", "sh", "-c",
            "for i in $(seq 400); do timeout 2 wget -qO- http://web/ >/dev/null || echo failed $i; done",
          ], environment: ["KUBECONFIG": cluster.kubeconfig], limit: 90)
      }
      try cluster.kubectl("delete", "pod", victim, "--wait=true")
      try cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
      let result = try await load.value
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output.isEmpty, "\(result.output)")
      let after = try await eventually("three pods again") {
        let now = try pods()
        return now.count == 3 ? now : nil
      }
      #expect(!after.contains(victim))
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["server", "node-1", "node-2"])
    func aKilledDaemonComesBackAndBreaksNothing(_ daemon: String) async throws {
      try applyDemo()
      // A connection through a Service that is open all the while: a line each 50 ms, echoed, in the pinger's log.
      try cluster.kubectl("apply", "-f", "-", input: Self.echo)
      try cluster.kubectl("wait", "--for=condition=Ready", "pod/echo", "pod/pinger", "--timeout=60s", limit: 90)
      let before = try await eventually("the pinger's connection") { try lastEcho() }
      let containers = try containerIDs()

      let pid = try #require(try cluster.pid(ofDaemon: daemon))
      kill(pid, SIGKILL)
      let successor = try await eventually("\(daemon) runs again") {
        try cluster.pid(ofDaemon: daemon).flatMap { $0 == pid ? nil : $0 }
      }
      #expect(successor != pid)

      _ = try await eventually("the Service answers after the restart") { () -> Bool? in
        let result = try cluster.inClient("timeout", "2", "wget", "-qO-", "http://web/")
        return result.status == 0 && result.output.hasPrefix("hello from web-") ? true : nil
      }
      try cluster.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s", limit: 90)
      let after = try await eventually("the connection goes on") { () -> Int? in
        try lastEcho().flatMap { $0 > before + 40 ? $0 : nil }
      }
      #expect(after > before)
      #expect(!(try cluster.kubectl("logs", "pinger")).contains("broken"))
      #expect(try containerIDs() == containers, "containers were started again or lost")
    }

    /// The last number that came back to the pinger; `nil` before the first.
    private func lastEcho() throws -> Int? {
      Int(try cluster.kubectl("logs", "pinger", "--tail=1").trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func containerIDs() throws -> Set<String> {
      let output = try cluster.kubectl(
        "get", "pods", "-o",
        "jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.podIP}{\"\\n\"}{end}"
      )
      return Set(output.split(separator: "\n").map(String.init))
    }

    private static let echo = """
      apiVersion: v1
      kind: Service
      metadata: {name: echo}
      spec:
        selector: {app: echo}
        ports: [{port: 7}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: echo, labels: {app: echo}}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: echo
          image: localhost/busybox:1
          command: [nc, -ll, -p, "7", -e, cat]
          readinessProbe: {tcpSocket: {port: 7}, periodSeconds: 1}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: pinger}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: pinger
          image: localhost/busybox:1
          command:
          - sh
          - -c
          - |
            until echo x | timeout 1 nc echo 7 | grep -q x; do usleep 100000; done
            i=0
            while :; do echo $i; i=$((i+1)); usleep 50000; done | nc echo 7
            echo broken
      """
  }
}
