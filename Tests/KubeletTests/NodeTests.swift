import Glibc
import KubeAPI
import KubeClient
import KubeClientTesting
import Testing

@testable import Kubelet

/// Pods in real containers. See ``ContainerTests`` for where they run.
@Suite(.serialized, .enabled(if: NodeFixture.isInside, "runs inside of ContainerTests"))
struct NodeTests {
  @Test func nodeIsReadyWithItsNetworkAndRunsAPod() async throws {
    try await NodeFixture.with { node, _ in
      let nodeKey = ObjectKey(name: "node-1")
      func isReady() -> Bool {
        let status = node.api.stored(Node.self, nodeKey)?.status
        return status?.conditions.contains { $0.type == "Ready" && $0.status == "True" } ?? false
      }
      try await node.wait("registered") { node.api.stored(Node.self, nodeKey)?.status.nodeInfo?.kernelVersion != nil }
      #expect(!isReady(), "there is no network yet")
      let clock = ContinuousClock()
      let opened = clock.now
      try node.openNetwork()
      try await node.wait("ready") { isReady() }
      #expect(clock.now - opened < .milliseconds(1000))

      let begin = clock.now
      let web = try await node.create("web") {
        $0.containers = [
          NodeFixture.container("web", "mkdir /tmp/w; echo hello-$NAME > /tmp/w/index.html; httpd -f -p 8080 -h /tmp/w") {
            $0.env = [
              EnvVar {
                $0.name = "NAME"
                $0.valueFrom = EnvVarSource { $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "metadata.name" } }
              }
            ]
            $0.readinessProbe = Probe {
              $0.httpGet = HTTPGetAction {
                $0.path = "/index.html"
                $0.port = .int(8080)
              }
            }
          }
        ]
      }
      let status = try await node.waitReady(web)
      print("pod ready after", clock.now - begin)
      #expect(status.phase == "Running")
      let ip = try #require(status.podIP)
      #expect(try await NodeFixture.get("http://\(ip):8080/").contains("hello-web"))
    }
  }
}
