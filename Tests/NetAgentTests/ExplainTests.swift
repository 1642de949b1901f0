import Glibc
import KubeAPI
import KubeClientTesting
import Netlink
import Testing

@testable import NetAgent

/// What `skiff explain pod` is told.
@Suite(.namespaces, .timeLimit(.minutes(1))) struct ExplainTests {
  private func ask(_ node: TestNode, _ pod: String) async throws -> (status: Int, json: JSONValue?) {
    let answer = try #require(await node.explanations.answer(path: "/explain/pod", query: "name=\(pod)"))
    return (answer.status, try? JSONValue(parsing: answer.text))
  }

  private func part(_ explanation: JSONValue?, _ name: String) -> [String] {
    explanation?["parts"]?.arrayValue?.first { $0["name"]?.stringValue == name }?["lines"]?.arrayValue?.compactMap {
      $0.stringValue
    } ?? []
  }

  @Test func aPodIsExplainedWithWhatIsWrong() async throws {
    let api = FakeAPI()
    let node = try TestNode("one", api)
    try api.putNode("one", podCIDRs: ["10.244.1.0/24", "fd00:244:0:1::/64"], addresses: ["172.30.0.1"])
    try await node.serve()
    let pod = try TestPod()
    api.putPod("web", node: "one")
    let outcome = try await node.plugin.call(
      "ADD", pod.container, namespace: pod.path, arguments: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web",
      [
        (
          "runtimeConfig",
          [
            "portMappings": [["hostPort": 8080, "containerPort": 80, "protocol": "tcp"]],
            "bandwidth": ["egressRate": 8_000_000],
          ]
        )
      ])
    try #require(outcome.exitCode == 0, "\(outcome.message)")
    let link = PodLink(CNIRequest.Attachment(container: pod.container, interface: "eth0"))
    for name in ["default/web", pod.container] {
      let (status, json) = try await ask(node, name)
      #expect(status == 200)
      let explanation = json?.arrayValue?.first
      #expect(explanation?["differences"] == [], "\(explanation?.text ?? "")")
      #expect(explanation?["pod"] == "default/web")
      #expect(
        part(explanation, "addresses") == [
          "10.244.1.1, leased in the journal", "fd00:244:0:1::1, leased in the journal",
        ])
      #expect(part(explanation, "link").first?.hasPrefix(link.hostName) == true)
      #expect(part(explanation, "routes of the node").count == 2)
      #expect(part(explanation, "neighbours of the node").count == 2)
      #expect(part(explanation, "hostPorts") == ["8080/tcp leads to the pod's port 80"])
      #expect(
        part(explanation, "bandwidth") == [
          "from the pod: 8000000 bits a second, 65536 bytes at once, by \(link.blockName)"
        ])
      #expect(part(explanation, "in the pod").count >= 4)
    }
    // What the pod itself breaks stays broken.
    let inside = try RouteSocket(in: pod.namespace)
    let index = try inside.index(of: "eth0")
    let address = try #require(try inside.addresses(interface: index, family: .v4).first)
    try inside.delete(address)
    let explanation = try await ask(node, "default/web").json?.arrayValue?.first
    #expect(explanation?["differences"] == ["interface eth0 has no address 10.244.1.1"])
    #expect(try await ask(node, "default/none").status == 400)
    await node.stop()
  }
}
