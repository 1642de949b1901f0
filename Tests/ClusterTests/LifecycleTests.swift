import Foundation
import Testing

extension ClusterTests {
  /// `skiff up` and `skiff down` themselves.
  @Suite(.needsCluster, .serialized)
  struct LifecycleTests {
    /// Removes the cluster behind the test whatever happened.
    private func withCluster(_ body: (LocalCluster) async throws -> Void) async throws {
      let cluster = LocalCluster(name: LocalCluster.uniqueName())
      do {
        try await body(cluster)
      } catch {
        try? cluster.down()
        throw error
      }
      try cluster.down()
    }

    @Test(.timeLimit(.minutes(5))) func downLeavesNothingBehind() async throws {
      let before = try Machine.inventory()
      try await withCluster { cluster in
        try cluster.up(nodes: 1)
        try cluster.kubectl("run", "one", "--image=localhost/busybox:1", "--", "sleep", "1000")
        try cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=60s", limit: 90)
      }
      let after = try Machine.inventory()
      for (kind, items) in after {
        #expect(items.subtracting(before[kind] ?? []).isEmpty, "left behind: \(kind)")
        #expect((before[kind] ?? []).subtracting(items).isEmpty, "taken away: \(kind)")
      }
    }

    @Test(.timeLimit(.minutes(5))) func upDoesNotTouchTheHostsNetwork() async throws {
      let before = try Machine.inventory()
      try await withCluster { cluster in
        try cluster.up(nodes: 1)
        let during = try Machine.inventory()
        for kind in ["rules", "sysctls"] { #expect(during[kind] == before[kind]) }
      }
    }

    @Test(.timeLimit(.minutes(5))) func upKilledHalfwayAndRunAgainWorks() async throws {
      try await withCluster { cluster in
        for milliseconds in [50, 300, 900] {
          let process = Process()
          process.executableURL = URL(fileURLWithPath: LocalCluster.skiff)
          process.arguments = ["up", "--name", cluster.name, "--nodes", "2", "--images", Machine.images]
          process.standardError = FileHandle.nullDevice
          try process.run()
          // How far it comes in this time differs from run to run; that is the point.
          try await Task.sleep(for: .milliseconds(milliseconds))
          kill(process.processIdentifier, SIGKILL)
          process.waitUntilExit()
        }
        try cluster.up(nodes: 2)
        let nodes = try cluster.kubectl("get", "nodes", "-o", "name")
        #expect(nodes == "node/node-1\nnode/node-2\n")
      }
    }

    @Test(.timeLimit(.minutes(5))) func twoClustersRunBesideEachOther() async throws {
      try await withCluster { first in
        try await withCluster { second in
          try first.up(nodes: 1)
          try second.up(nodes: 1)
          try first.kubectl("create", "configmap", "only-here")
          #expect(try second.tryKubectl(["get", "configmap", "only-here"]).status == 1)
          for cluster in [first, second] {
            try cluster.kubectl("run", "one", "--image=localhost/busybox:1", "--", "sleep", "1000")
            try cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=60s", limit: 90)
          }
        }
        // The other is gone, this one is not.
        #expect(try first.kubectl("get", "pod", "one", "-o", "jsonpath={.status.phase}") == "Running")
        #expect(try run(LocalCluster.skiff, ["status", "--name", first.name]).status == 0)
      }
    }

    @Test(.timeLimit(.minutes(5))) func upAgainAddsNodes() async throws {
      try await withCluster { cluster in
        try cluster.up(nodes: 1)
        try cluster.up(nodes: 2)
        #expect(try cluster.kubectl("get", "nodes", "-o", "name") == "node/node-1\nnode/node-2\n")
      }
    }
  }
}
