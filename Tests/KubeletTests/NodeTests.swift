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
      let status = try #require(node.api.stored(Node.self, nodeKey)?.status)
      #expect(status.capacity["pods"]?.value == 110)
      #expect(status.addresses.contains { $0.type == "InternalIP" && $0.address == "10.99.0.1" })
      try await node.wait("leased") {
        node.api.stored(Lease.self, ObjectKey(namespace: "kube-node-lease", name: "node-1")) != nil
      }

      node.api.put(
        ConfigMap("settings", in: "default") { $0.data = ["greeting": "hello", "color": "blue"] })
      node.api.put(Secret("keys", in: "default") { $0.data = ["token": Base64Data("s3cret".utf8)] })
      let web = try await node.create("web", Self.web)
      let ready = try await node.waitReady(web)
      #expect(ready.phase == "Running")
      #expect(ready.qosClass == "Burstable")
      let ip = try #require(ready.podIP)
      #expect(try await NodeFixture.get("http://\(ip):8080/") == "hello web s3cret 250 \(ip)\n")

      // A change of the object reaches the running container.
      node.api.put(ConfigMap("settings", in: "default") { $0.data = ["greeting": "hello", "color": "red"] })
      try await node.wait("updated") { try await NodeFixture.get("http://\(ip):8080/config/color") == "red" }
      #expect(try await NodeFixture.get("http://\(ip):8080/config/color") == "red")

      let uid = try #require(node.api.stored(Pod.self, web)?.metadata.uid)
      let shares = CgroupHierarchy.mounted().first { $0.controllers.contains("cpu") }
      if let shares {
        let path = "\(shares.mountPoint)\(node.configuration.cgroupRoot)/kubepods/burstable/pod\(uid)/cpu.shares"
        #expect(Files.text(path)?.trimmed == "256")
      }
      let deleted = clock.now
      try await node.api.client.delete(Pod.self, web)
      try await node.waitGone(web, uid: uid)
      #expect(clock.now - deleted < .seconds(5))
      for reason in ["Pulled", "Created", "Started", "Killing"] {
        try await node.wait("told \(reason)") { node.events.contains { $0.hasPrefix(reason) } }
      }
    }
  }

  private static func web(_ spec: inout PodSpec) {
    let script = """
      mkdir /tmp/w; echo "$GREETING $NAME $TOKEN $CPU $IP" > /tmp/w/index.html; ln -s /config /tmp/w/config
      trap 'exit 0' TERM; httpd -f -p 8080 -h /tmp/w & wait
      """
    spec.containers = [
      NodeFixture.container("web", script) {
        $0.envFrom = [
          EnvFromSource { source in source.secretRef = SecretEnvSource { $0.name = "keys" } }
        ]
        $0.env = [
          EnvVar {
            $0.name = "NAME"
            $0.valueFrom = EnvVarSource { $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "metadata.name" } }
          },
          EnvVar {
            $0.name = "IP"
            $0.valueFrom = EnvVarSource { $0.fieldRef = ObjectFieldSelector { $0.fieldPath = "status.podIP" } }
          },
          EnvVar {
            $0.name = "CPU"
            $0.valueFrom = EnvVarSource {
              $0.resourceFieldRef = ResourceFieldSelector {
                $0.resource = "requests.cpu"
                $0.divisor = Quantity("1m")
              }
            }
          },
          EnvVar {
            $0.name = "GREETING"
            $0.valueFrom = EnvVarSource {
              $0.configMapKeyRef = ConfigMapKeySelector {
                $0.name = "settings"
                $0.key = "greeting"
              }
            }
          },
          EnvVar {
            $0.name = "TOKEN"
            $0.value = "$(token)"
          },
        ]
        $0.resources = ResourceRequirements {
          $0.requests = ["cpu": Quantity("250m")]
          $0.limits = ["memory": Quantity("64Mi")]
        }
        $0.volumeMounts = [
          VolumeMount {
            $0.name = "config"
            $0.mountPath = "/config"
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
    spec.volumes = [
      Volume {
        $0.name = "config"
        $0.configMap = ConfigMapVolumeSource { $0.name = "settings" }
      }
    ]
  }

  @Test func initContainersRunInOrderAndAJobEnds() async throws {
    try await NodeFixture.with { node, _ in
      try node.openNetwork()
      let job = try await node.create("job") {
        $0.restartPolicy = "Never"
        $0.volumes = [
          Volume {
            $0.name = "shared"
            $0.emptyDir = EmptyDirVolumeSource { $0.medium = "Memory" }
          }
        ]
        let mount = VolumeMount {
          $0.name = "shared"
          $0.mountPath = "/shared"
        }
        $0.initContainers = ["one", "two"].map { name in
          NodeFixture.container(name, "echo \(name) >> /shared/order") { $0.volumeMounts = [mount] }
        }
        $0.containers = [
          NodeFixture.container(
            "main", "cat /shared/order; hostname; cat /etc/hosts; echo bye > /dev/termination-log; exit 3"
          ) {
            $0.volumeMounts = [mount]
          }
        ]
      }
      let status = try await node.wait(job, "failed") { $0.phase == "Failed" }
      let ended = try #require(status.containerStatuses.first?.state?.terminated)
      #expect(ended.exitCode == 3)
      #expect(ended.reason == "Error")
      #expect(ended.message == "bye\n")
      #expect(status.initContainerStatuses.allSatisfy { $0.state?.terminated?.reason == "Completed" })
      let log = node.log(job, "main")
      #expect(log.hasPrefix("one\ntwo\njob\n"), "\(log)")
      #expect(log.contains("\tjob\n"))
      let uid = try #require(node.api.stored(Pod.self, job)?.metadata.uid)
      // The address is given back while the logs stay.
      try await node.wait("stopped") {
        let held = try await node.runtime { try await RuntimePod.read(uid, known: RuntimePod(), from: $0) }
        return !held.sandboxes.contains(where: \.isReady) && held.containers.count == 3
      }
      try await node.api.client.delete(Pod.self, job)
      try await node.waitGone(job, uid: uid)
    }
  }

  @Test func aFailingContainerBacksOffAndAMissingImageIsTold() async throws {
    try await NodeFixture.with { node, _ in
      try node.openNetwork()
      let crash = try await node.create("crash") { $0.containers = [NodeFixture.container("main", "exit 1")] }
      let lost = try await node.create("lost") {
        $0.containers = [NodeFixture.container("main", "true") { $0.image = "127.0.0.1:1/nothing:1" }]
      }
      let unset = try await node.create("unset") {
        $0.containers = [
          NodeFixture.container("main", "true") {
            $0.envFrom = [EnvFromSource { source in source.configMapRef = ConfigMapEnvSource { $0.name = "later" } }]
          }
        ]
      }
      let status = try await node.wait(crash, "backing off") {
        $0.containerStatuses.first?.state?.waiting?.reason == "CrashLoopBackOff"
      }
      #expect(status.phase == "Running")
      #expect(status.containerStatuses.first?.restartCount == 1)
      #expect(status.containerStatuses.first?.lastState?.terminated?.exitCode == 1)
      try await node.wait(lost, "without an image") {
        $0.containerStatuses.first?.state?.waiting?.reason == "ErrImagePull"
      }
      try await node.wait(lost, "backing off") {
        $0.containerStatuses.first?.state?.waiting?.reason == "ImagePullBackOff"
      }
      #expect(node.events.contains { $0.hasPrefix("Failed: Failed to pull image \"127.0.0.1:1/nothing:1\"") })
      let waiting = try await node.wait(unset, "without its settings") {
        $0.containerStatuses.first?.state?.waiting?.reason == "CreateContainerConfigError"
      }
      #expect(waiting.containerStatuses.first?.state?.waiting?.message == "configmap \"later\" not found")
      node.api.put(ConfigMap("later", in: "default"))
      try await node.wait(unset, "started") { ($0.containerStatuses.first?.restartCount ?? 0) >= 1 }
    }
  }

  @Test func aKilledKubeletTakesEverythingOver() async throws {
    try await NodeFixture.with { node, task in
      try node.openNetwork()
      let kept = try await node.create("kept") {
        $0.containers = [
          NodeFixture.container("main", "trap 'exit 0' TERM; while true; do sleep 0.1; done") {
            $0.readinessProbe = Probe { $0.exec = ExecAction { $0.command = ["true"] } }
          }
        ]
      }
      let orphan = try await node.create("orphan") {
        $0.containers = [NodeFixture.container("main", "exec sleep 1000")]
      }
      let before = try await node.waitReady(kept)
      _ = try await node.waitReady(orphan)
      let orphanUID = try #require(node.api.stored(Pod.self, orphan)?.metadata.uid)
      let containerd = try #require(
        Containerd.process(
          namedBy: node.configuration.runDirectory + "/containerd.pid",
          withArgument: node.configuration.runDirectory + "/containerd.toml"))

      task.cancel()
      _ = try? await task.value
      node.api.remove(Pod.self, orphan)
      let unready = ObjectKey(namespace: "default", name: "kept")
      task = node.start()
      try await node.waitGone(orphan, uid: orphanUID)
      let after = try #require(node.status(unready))
      #expect(after.containerStatuses == before.containerStatuses)
      #expect(after.podIP == before.podIP)
      let uid = try #require(node.api.stored(Pod.self, kept)?.metadata.uid)
      let held = try await node.runtime { try await RuntimePod.read(uid, known: RuntimePod(), from: $0) }
      #expect(held.containers.count == 1 && held.sandboxes.count == 1)

      // containerd may die too: what runs goes on, and it is started again.
      kill(containerd, SIGKILL)
      let next = try await node.create("next") { $0.containers = [NodeFixture.container("main", "exec sleep 1000")] }
      _ = try await node.waitReady(next)
      let again = try await node.runtime { try await RuntimePod.read(uid, known: RuntimePod(), from: $0) }
      #expect(again.containers.map(\.id) == held.containers.map(\.id))
      #expect(again.containers.first?.state == .running)
    }
  }

  @Test func livenessKillsAndHooksRun() async throws {
    try await NodeFixture.with { node, _ in
      try node.openNetwork()
      let pod = try await node.create("alive") {
        $0.volumes = [
          Volume {
            $0.name = "shared"
            $0.hostPath = HostPathVolumeSource {
              $0.path = node.directory + "/shared"
              $0.type = "DirectoryOrCreate"
            }
          }
        ]
        $0.containers = [
          NodeFixture.container("main", "trap 'exit 0' TERM; while true; do sleep 0.1; done") {
            $0.volumeMounts = [
              VolumeMount {
                $0.name = "shared"
                $0.mountPath = "/shared"
              }
            ]
            $0.lifecycle = Lifecycle {
              $0.postStart = LifecycleHandler {
                $0.exec = ExecAction { $0.command = ["sh", "-c", "echo started >> /shared/hooks"] }
              }
              $0.preStop = LifecycleHandler {
                $0.exec = ExecAction { $0.command = ["sh", "-c", "echo stopped >> /shared/hooks"] }
              }
            }
            $0.livenessProbe = Probe {
              $0.exec = ExecAction { $0.command = ["sh", "-c", "test ! -e /shared/broken"] }
              $0.periodSeconds = 1
              $0.failureThreshold = 1
            }
          }
        ]
      }
      _ = try await node.waitReady(pod)
      #expect(Files.text(node.directory + "/shared/hooks") == "started\n")
      try Files.write([], to: node.directory + "/shared/broken")
      try await node.wait(pod, "restarted") { $0.containerStatuses.first?.restartCount == 1 }
      unlink(node.directory + "/shared/broken")
      #expect(Files.text(node.directory + "/shared/hooks") == "started\nstopped\nstarted\n")
      #expect(node.events.contains { $0 == "Killing: Container main failed liveness probe, will be restarted" })
    }
  }

  @Test func serverTellsLogsAndTunnelsExec() async throws {
    let authority = try TestAuthority()
    defer { authority.remove() }
    try await NodeFixture.with(clientCA: authority.caPath) { node, _ in
      try node.openNetwork()
      let pod = try await node.create("talker") {
        $0.containers = [NodeFixture.container("main", "echo first; echo second; echo third; exec sleep 1000")]
      }
      _ = try await node.waitReady(pod)
      try await node.wait("talking") { node.log(pod, "main").contains("third") }
      func curl(_ path: String, _ more: [String] = [], client: Bool = true) async throws -> String {
        let identity = client ? ["--cert", authority.certificatePath, "--key", authority.keyPath] : []
        return try await Command.run(
          [
            "/usr/bin/curl", "--silent", "--show-error", "--insecure", "--no-buffer", "--noproxy", "*", "--max-time",
            "3",
          ] + identity + more
            + ["https://127.0.0.1:10250" + path]
        ).text
      }
      #expect(try await curl("/healthz", client: false) == "ok")
      #expect(try await curl("/pods", client: false).contains("Unauthorized"))
      #expect(try await curl("/pods").contains("\"talker\""))
      #expect(try await curl("/metrics").contains("kubelet_started_containers_total 1"))
      #expect(try await curl("/containerLogs/default/talker/main") == "first\nsecond\nthird\n")
      #expect(try await curl("/containerLogs/default/talker/main?tailLines=1") == "third\n")
      #expect(try await curl("/containerLogs/default/talker/main?limitBytes=8") == "first\nse")
      let stamped = try await curl("/containerLogs/default/talker/main?timestamps=true&tailLines=1")
      #expect(stamped.hasSuffix("Z third\n") && stamped.hasPrefix("20"))
      #expect(try await curl("/containerLogs/default/nobody/main").contains("not found"))
      #expect(try await curl("/containerLogs/default/talker/main?follow=true").hasPrefix("first\nsecond\nthird\n"))
      let upgrade = [
        "--include", "--header", "Connection: Upgrade", "--header", "X-Stream-Protocol-Version: v4.channel.k8s.io",
      ]
      let exec = "/exec/default/talker/main?command=echo&command=hi&output=1"
      let spdy = try await curl(exec, upgrade + ["--header", "Upgrade: SPDY/3.1", "--request", "POST"])
      #expect(spdy.contains("101 Switching Protocols"), "\(spdy)")
      let socket = try await curl(exec, upgrade + ["--header", "Upgrade: websocket"])
      #expect(socket.contains("400 Bad Request"), "\(socket)")
    }
  }
}
