import Foundation
import Testing

extension ClusterTests {
  /// What people type into kubectl, with every kubectl on the machine.
  @Suite(.needsCluster, .cluster(nodes: 2), .serialized)
  struct KubectlTests {
    private func cluster(_ kubectl: String) -> LocalCluster {
      var cluster = LocalCluster.shared
      cluster.kubectl = kubectl
      return cluster
    }

    /// Runs a test in a namespace of its own.
    private func inNamespace(_ kubectl: String, _ body: (LocalCluster, String) async throws -> Void) async throws {
      let cluster = cluster(kubectl)
      let namespace = LocalCluster.uniqueName()
      try cluster.kubectl("create", "namespace", namespace)
      try await body(cluster, namespace)
      try cluster.kubectl("delete", "namespace", namespace, limit: 60)
      #expect(try cluster.tryKubectl(["get", "namespace", namespace]).errors.contains("not found"))
    }

    @Test(.timeLimit(.minutes(2)), arguments: Machine.kubectls) func discovery(_ kubectl: String) async throws {
      let cluster = cluster(kubectl)
      #expect(try cluster.kubectl("version").contains("v1.36."))
      let resources = try cluster.kubectl("api-resources")
      for line in ["pods", "services", "deployments", "endpointslices", "leases"] {
        #expect(resources.contains(line), "\(line)")
      }
      #expect(try cluster.kubectl("api-resources", "--namespaced=false", "-o", "name").contains("nodes"))
      #expect(try cluster.kubectl("api-versions").contains("apps/v1\n"))
      let explain = try cluster.kubectl("explain", "pod.spec.containers.livenessProbe")
      #expect(explain.contains("failureThreshold"))
      #expect(try cluster.kubectl("explain", "deployment", "--recursive").contains("maxUnavailable"))
    }

    @Test(.timeLimit(.minutes(3)), arguments: Machine.kubectls) func objects(_ kubectl: String) async throws {
      try await inNamespace(kubectl) { cluster, namespace in
        let n = ["-n", namespace]
        func typed(_ arguments: [String], input: String? = nil) throws -> CommandResult {
          try cluster.tryKubectl(n + arguments, input: input)
        }
        func manifest(_ value: String) -> String {
          """
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: settings}
          data: {key: "\(value)"}
          """
        }
        #expect(try typed(["apply", "-f", "-"], input: manifest("one")).output == "configmap/settings created\n")
        #expect(try typed(["apply", "-f", "-"], input: manifest("one")).output == "configmap/settings unchanged\n")
        let diff = try typed(["diff", "-f", "-"], input: manifest("two"))
        #expect(diff.status == 1 && diff.output.contains("+  key: two"), "\(diff)")
        #expect(try typed(["apply", "-f", "-"], input: manifest("two")).output == "configmap/settings configured\n")
        let table = try typed(["get", "configmap", "settings"]).output
        #expect(table.hasPrefix("NAME       DATA   AGE\nsettings   1      "), "\(table)")
        #expect(try typed(["get", "configmap", "settings", "-o", "yaml"]).output.contains("key: two"))
        #expect(try typed(["get", "configmap", "settings", "-o", "jsonpath={.data.key}"]).output == "two")
        #expect(try typed(["label", "configmap", "settings", "tier=front"]).status == 0)
        #expect(try typed(["get", "configmap", "-l", "tier=front", "-o", "name"]).output == "configmap/settings\n")
        #expect(try typed(["get", "configmap", "-l", "tier=back", "-o", "name"]).output == "")
        #expect(try typed(["annotate", "configmap", "settings", "a=b"]).status == 0)
        #expect(try typed(["patch", "configmap", "settings", "-p", #"{"data":{"more":"x"}}"#]).status == 0)
        #expect(try typed(["describe", "configmap", "settings"]).output.contains("Data\n===="))
        #expect(try typed(["delete", "configmap", "settings"]).status == 0)
        #expect(try typed(["get", "configmap", "settings"]).errors.contains("configmaps \"settings\" not found"))
        #expect(try typed(["get", "events"]).status == 0)
      }
    }

    @Test(.timeLimit(.minutes(4)), arguments: Machine.kubectls) func workloads(_ kubectl: String) async throws {
      try await inNamespace(kubectl) { cluster, namespace in
        func typed(_ arguments: String..., limit: TimeInterval = 60) throws -> String {
          let result = try cluster.tryKubectl(["-n", namespace] + arguments, limit: limit)
          guard result.status == 0 else {
            throw CommandFailure(command: arguments.joined(separator: " "), result: result, logs: "")
          }
          return result.output
        }
        _ = try typed(
          "create", "deployment", "app", "--image=localhost/busybox:1", "--replicas=1", "--", "sh", "-c",
          "trap 'exit 0' TERM; while :; do echo tick; sleep 0.2; done")
        _ = try typed("rollout", "status", "deployment/app", "--timeout=60s", limit: 90)
        _ = try typed("scale", "deployment/app", "--replicas=2")
        _ = try typed("rollout", "status", "deployment/app", "--timeout=60s", limit: 90)
        #expect(try typed("get", "deployment", "app").contains("2/2"))
        let wide = try typed("get", "pods", "-o", "wide")
        #expect(wide.contains("NODE") && wide.contains("node-"), "\(wide)")
        let pod = try typed("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")
        #expect(try typed("describe", "pod", pod).contains("Started"))
        #expect(try typed("describe", "node", "node-1").contains("Allocatable"))
        #expect(try typed("logs", pod, "--tail=1") == "tick\n")
        let followed = try run(
          "timeout", ["1", kubectl, "-n", namespace, "logs", "-f", "--tail=0", pod],
          environment: ["KUBECONFIG": cluster.kubeconfig])
        #expect(followed.output.split(separator: "\n").count >= 2, "\(followed)")
        #expect(try typed("exec", pod, "--", "echo", "hello") == "hello\n")
        let piped = try cluster.tryKubectl(["-n", namespace, "exec", "-i", pod, "--", "cat"], input: "through")
        #expect(piped.output == "through", "\(piped)")
        #expect(try cluster.tryKubectl(["-n", namespace, "exec", pod, "--", "sh", "-c", "exit 7"]).status == 7)
        // A terminal: `script` gives kubectl one.
        let terminal = try run(
          "script", ["-qec", "\(kubectl) -n \(namespace) exec -it \(pod) -- tty", "/dev/null"],
          environment: ["KUBECONFIG": cluster.kubeconfig])
        #expect(terminal.output.contains("/dev/pts/"), "\(terminal)")
        let watch = try run(
          "timeout",
          [
            "2", "sh", "-c",
            "\(kubectl) -n \(namespace) get pods -w & \(kubectl) -n \(namespace) delete pod \(pod) --wait=false; wait",
          ],
          environment: ["KUBECONFIG": cluster.kubeconfig])
        #expect(watch.output.contains("Terminating"), "\(watch)")
        _ = try typed("rollout", "restart", "deployment/app")
        _ = try typed("rollout", "status", "deployment/app", "--timeout=60s", limit: 90)
        #expect(try typed("rollout", "history", "deployment/app").contains("2"))
        _ = try typed("delete", "deployment", "app")
        _ = try typed("wait", "--for=delete", "pod", "--all", "--timeout=60s", limit: 90)
      }
    }

    @Test(.timeLimit(.minutes(2))) func anInvalidManifestIsRefusedWithTheField() throws {
      let cluster = LocalCluster.shared
      let result = try cluster.tryKubectl(
        ["apply", "--validate=false", "-f", "-"],
        input: """
          apiVersion: v1
          kind: Pod
          metadata: {name: bad}
          spec: {containers: [{name: "Not A Name", image: x}]}
          """)
      #expect(result.status == 1)
      #expect(result.errors.contains("spec.containers[0].name: Invalid value: \"Not A Name\""), "\(result.errors)")
    }

    @Test(.timeLimit(.minutes(2))) func anUnknownImageIsToldAndTriedAgain() async throws {
      let cluster = LocalCluster.shared
      try cluster.kubectl("run", "unknown", "--image=localhost/none:1", "--restart=Never")
      let reason = try await eventually("the pod's reason") { () -> String? in
        let reason = try cluster.kubectl(
          "get", "pod", "unknown", "-o", "jsonpath={.status.containerStatuses[0].state.waiting.reason}")
        return reason == "ErrImagePull" || reason == "ImagePullBackOff" ? reason : nil
      }
      #expect(!reason.isEmpty)
      _ = try await eventually("the event") { () -> Bool? in
        try cluster.kubectl("get", "events", "--field-selector", "involvedObject.name=unknown")
          .contains("Failed to pull image") ? true : nil
      }
      try cluster.kubectl("delete", "pod", "unknown", "--grace-period=0", "--force")
    }
  }
}
