import Testing

@testable import Kubelet

extension NodeTests {
  /// NIO closes a connection after 200 of the PINGs that Go's gRPC sends with each call.
  @Test func manyCallsInAShortTimeAreAnswered() async throws {
    try await NodeFixture.with { node, _ in
      try node.openNetwork()
      try await node.wait("ready") { !node.events.filter { $0.hasPrefix("NodeReady") }.isEmpty }
      try await node.runtime { runtime in
        for _ in 0..<500 {
          async let sandboxes = runtime.listPodSandboxes()
          async let containers = runtime.listContainers()
          _ = try await (sandboxes, containers)
        }
      }
    }
  }
}
