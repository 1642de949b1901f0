import Foundation
import Testing

extension ClusterTests {
  /// What a pod asks of its network by its spec and annotations comes through kubelet and runtime to the node.
  @Suite(.needsCluster, .cluster(nodes: 1), .serialized)
  struct PodNetworkTests {
    private var cluster: LocalCluster { LocalCluster.shared }

    private static let pod = """
      apiVersion: v1
      kind: Pod
      metadata:
        name: port
        annotations:
          kubernetes.io/ingress-bandwidth: 50M
          kubernetes.io/egress-bandwidth: 20M
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: httpd
          image: localhost/busybox:1
          command: ["sh", "-c", "mkdir /www && echo here > /www/index.html && exec httpd -f -p 8080 -h /www"]
          ports:
          - {containerPort: 8080, hostPort: 18080}
      """

    @Test(.timeLimit(.minutes(3))) func theHostPortAnswersAndTheBandwidthIsLimited() async throws {
      try cluster.kubectl("apply", "-f", "-", input: Self.pod)
      try cluster.kubectl("wait", "--for=condition=Ready", "pod/port", "--timeout=60s", limit: 90)
      let address = try cluster.kubectl("get", "pod", "port", "-o", "jsonpath={.status.hostIP}")
      var answer = ""
      let deadline = Date().addingTimeInterval(30)
      while answer != "here\n", Date() < deadline {
        answer = try run("busybox", ["timeout", "2", "wget", "-qO-", "http://\(address):18080/"]).output
      }
      #expect(answer == "here\n")
      let explained = try run(LocalCluster.skiff, ["explain", "pod", "default/port", "--name", cluster.name])
      #expect(explained.status == 0, "\(explained.output)\(explained.errors)")
      #expect(explained.output.contains("18080/tcp leads to the pod's port 8080"), "\(explained.output)")
      #expect(explained.output.contains("to the pod: 50000000 bits a second"), "\(explained.output)")
      #expect(explained.output.contains("from the pod: 20000000 bits a second"), "\(explained.output)")
      try cluster.kubectl("delete", "pod", "port", "--wait=true")
      #expect(try run("busybox", ["timeout", "2", "wget", "-qO-", "http://\(address):18080/"]).status != 0)
    }
  }
}
