import Glibc
import KubeAPI
import KubeClient
import NIOHTTP1
import Testing

@testable import Kubelet

@Suite struct PodPartsTests {
  @Test func variablesExpand() {
    let known = ["A": "1", "B": "x y"]
    #expect(Expansion.expand("$(A)-$(B)-$(C)", known) == "1-x y-$(C)")
    #expect(Expansion.expand("$$(A) $A $", known) == "$(A) $A $")
    #expect(Expansion.expand("$(A", known) == "$(A")
  }

  @Test func imageNamesHaveAFullForm() {
    #expect(ImageReference.canonical("web") == "docker.io/library/web:latest")
    #expect(ImageReference.canonical("me/web:1") == "docker.io/me/web:1")
    #expect(ImageReference.canonical("localhost:5000/web") == "localhost:5000/web:latest")
    #expect(ImageReference.canonical("r.io/a/b@sha256:1") == "r.io/a/b@sha256:1")
    #expect(ImageReference.isLatest("web") && !ImageReference.isLatest("web:1"))
    #expect(ImageReference.problem("Web:1") != nil && ImageReference.problem("we b") != nil)
    #expect(ImageReference.problem("r.io:5000/a/b:v1") == nil)
  }

  @Test func archivesNameTheirImages() {
    let output =
      "unpacking docker.io/library/web:1 (sha256:12)...done\nunpacking import-2026-11-21:2 (sha256:3)...done\n"
    #expect(ImageImporter.importedNames(output) == ["docker.io/library/web:1", "import-2026-11-21:2"])
    #expect(ImageImporter.wantedName("import-2026-11-21:2", stem: "api") == "docker.io/library/api:2")
    #expect(ImageImporter.wantedName("web:1", stem: "x") == "docker.io/library/web:1")
    #expect(ImageImporter.stem(of: "/a/web.tar.gz") == "web")
  }

  @Test func pullsBackOff() {
    var backoff = PullBackoff()
    #expect(backoff.blocked("a", now: 0) == nil)
    backoff.failed("a", now: 0)
    #expect(backoff.blocked("a", now: 5) == 10)
    #expect(backoff.blocked("a", now: 10) == nil)
    backoff.failed("a", now: 10)
    #expect(backoff.blocked("a", now: 11) == 30)
    backoff.succeeded("a")
    #expect(backoff.blocked("a", now: 11) == nil)
  }

  @Test func probesCountToTheirThresholds() {
    var probe = ProbeState(.readiness, successThreshold: 2, failureThreshold: 3)
    #expect(probe.record(.success) == nil)
    #expect(probe.record(.failure) == nil)
    #expect(probe.record(.success) == nil)
    #expect(probe.record(.success) == .success)
    #expect(probe.record(.success) == nil)
    #expect(probe.record(.failure) == nil)
    #expect(probe.record(.failure) == nil)
    #expect(probe.record(.failure) == .failure)
    var liveness = ProbeState(.liveness, successThreshold: nil, failureThreshold: 1, verdict: .success)
    #expect(liveness.record(.success) == nil)
    #expect(liveness.record(.failure) == .failure)
  }

  @Test func probesAreTriedOftenAtFirst() {
    let schedule = ProbeSchedule(initialDelay: nil, period: 10)
    #expect((1...4).map { schedule.delay(after: $0, early: true) } == [0.1, 0.2, 0.4, 0.8])
    #expect(schedule.delay(after: 7, early: true) == 10)
    #expect(schedule.delay(after: 1, early: false) == 10)
  }

  @Test func probesFindTheirTarget() {
    let container = Container {
      $0.ports = [
        ContainerPort {
          $0.name = "web"
          $0.containerPort = 8080
        }
      ]
    }
    let http: JSONValue = ["httpGet": ["path": "x", "port": "web", "scheme": "HTTPS"]]
    #expect(
      ProbeAction.target(http, container: container, podIP: "fd00::1")
        == .http(url: "https://[fd00::1]:8080/x", headers: []))
    let tcp: JSONValue = ["tcpSocket": ["port": 53]]
    #expect(ProbeAction.target(tcp, container: container, podIP: "10.0.0.1") == .tcp(host: "10.0.0.1", port: 53))
  }

  @Test func limitsBecomeCgroupValues() {
    let container = Container {
      $0.resources = ResourceRequirements {
        $0.requests = ["cpu": Quantity("250m"), "memory": Quantity("100Mi")]
        $0.limits = ["cpu": Quantity("500m"), "memory": Quantity("128Mi")]
      }
    }
    let linux = ContainerResources.linux(container, qos: .burstable, capacity: 1 << 30, lowest: -1000)
    #expect(linux.cpuShares == 256 && linux.cpuQuota == 50_000 && linux.cpuPeriod == 100_000)
    #expect(linux.memoryLimitInBytes == 128 << 20)
    #expect(linux.oomScoreAdj == 903)
    let spec = PodSpec { $0.containers = [container, container] }
    #expect(ContainerResources.pod(spec) == CgroupLimits(cpuShares: 512, cpuQuota: 100_000, memory: 256 << 20))
    #expect(QoSClass(of: spec) == .burstable)
    #expect(ContainerResources.linux(Container(), qos: .guaranteed, capacity: 1, lowest: 0).oomScoreAdj == 0)
    #expect(CgroupLimits.weight(shares: 1024) == 39)
    #expect(
      CgroupLimits(cpuShares: 1024, cpuQuota: 50_000, memory: 1).version2.map(\.value) == ["39", "50000 100000", "1"])
  }

  @Test func qualityOfServiceFollowsRequestsAndLimits() {
    func spec(_ requests: [String: Quantity], _ limits: [String: Quantity]) -> PodSpec {
      PodSpec {
        $0.containers = [
          Container {
            $0.resources = ResourceRequirements {
              $0.requests = requests
              $0.limits = limits
            }
          }
        ]
      }
    }
    let both = ["cpu": Quantity("1"), "memory": Quantity("1Gi")]
    #expect(QoSClass(of: spec([:], [:])) == .bestEffort)
    #expect(QoSClass(of: spec([:], both)) == .guaranteed)
    #expect(QoSClass(of: spec(["cpu": Quantity("1000m"), "memory": Quantity("1024Mi")], both)) == .guaranteed)
    #expect(QoSClass(of: spec(["cpu": Quantity("1")], [:])) == .burstable)
  }

  @Test func hierarchiesAreFoundInTheMounts() throws {
    let one = try #require(MountInfo(line: "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct"))
    let two = try #require(MountInfo(line: "41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw shared:1 - cgroup2 cgroup2 rw"))
    let found = CgroupHierarchy.hierarchies(in: [one, two])
    #expect(found.map(\.mountPoint) == ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/uni fied"])
    #expect(found[0].controllers == ["cpu", "cpuacct"] && found[1].isVersion2)
    #expect(!CgroupTree(root: "/x", hierarchies: found).isVersion2)
    #expect(CgroupTree(root: "/x", hierarchies: [found[1]]).isVersion2)
  }

  @Test func namesAreResolvedAsThePolicySays() {
    let host = NameResolution(parsing: "nameserver 1.1.1.1\nsearch corp.example\noptions edns0\n")
    func resolve(_ policy: String?, hostNetwork: Bool = false) -> NameResolution {
      let spec = PodSpec {
        $0.dnsPolicy = policy
        $0.hostNetwork = hostNetwork
      }
      return NameResolution(spec, namespace: "ns", clusterDNS: ["10.96.0.10"], domain: "cluster.local", host: host)
    }
    let cluster = resolve(nil)
    #expect(cluster.servers == ["10.96.0.10"])
    #expect(cluster.searches == ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"])
    #expect(cluster.options == ["ndots:5"])
    #expect(resolve("Default") == host)
    #expect(resolve("ClusterFirst", hostNetwork: true) == host)
    #expect(resolve("ClusterFirstWithHostNet", hostNetwork: true) == cluster)
    #expect(resolve("None").servers.isEmpty)
  }

  @Test func servicesBecomeVariables() {
    let table = ServiceTable()
    let entry = ServiceTable.Entry(address: "10.96.0.7", ports: [.init(name: "http", transport: "tcp", number: 80)])
    table.apply(.replaced([ObjectKey(namespace: "ns", name: "my-web"): entry]))
    let variables = table.variables(namespace: "ns", links: true)
    #expect(variables["MY_WEB_SERVICE_HOST"] == "10.96.0.7")
    #expect(variables["MY_WEB_SERVICE_PORT_HTTP"] == "80")
    #expect(variables["MY_WEB_PORT_80_TCP"] == "tcp://10.96.0.7:80")
    #expect(table.variables(namespace: "ns", links: false).isEmpty)
    #expect(table.variables(namespace: "other", links: true).isEmpty)
  }

  @Test func variablesComeInOrderAndMayBeMissing() throws {
    let pod = Pod("p", in: "ns")
    let container = Container {
      $0.env = [
        EnvVar {
          $0.name = "B"
          $0.value = "$(A)!"
        },
        EnvVar {
          $0.name = "C"
          $0.valueFrom = EnvVarSource {
            $0.secretKeyRef = SecretKeySelector {
              $0.name = "s"
              $0.key = "none"
              $0.optional = true
            }
          }
        },
      ]
      $0.envFrom = [EnvFromSource { source in source.configMapRef = ConfigMapEnvSource { $0.name = "m" } }]
    }
    let map = ConfigObjects.ID(kind: .configMap, key: ObjectKey(namespace: "ns", name: "m"))
    var environment = Environment(
      pod: pod, container: container, fields: DownwardFields(pod: pod, nodeName: "n"), objects: [map: ["A": [65]]],
      services: ["Z": "1"])
    #expect(try environment.variables().map { "\($0.name)=\($0.value)" } == ["Z=1", "A=A", "B=A!"])
    environment.objects = [:]
    #expect(throws: KubeletError("configmap \"m\" not found")) { try environment.variables() }
  }

  @Test func nonRootIsChecked() {
    let pod = Pod("p", in: "ns") { $0.spec.securityContext = PodSecurityContext { $0.runAsNonRoot = true } }
    let node = RuntimeConfig.Node(
      cgroupRoot: "/x", capacity: 1, lowestOOMScore: 0, clusterDNS: [], clusterDomain: "d",
      hostNames: NameResolution(parsing: ""), nodeHostname: "n")
    func config(_ user: Int64?) throws -> CRIContainerConfig {
      try RuntimeConfig.container(
        Container { $0.name = "c" }, of: pod, node: node,
        .init(attempt: 0, imageRef: "i", environment: [], mounts: [], imageUser: user, imageUserName: ""))
    }
    #expect(throws: KubeletError.self) { try config(0) }
    #expect(throws: KubeletError.self) { try config(nil) }
    #expect(throws: Never.self) { try config(1000) }
  }

  @Test func aVolumesFilesChangeAsAWhole() throws {
    var template = Array("/tmp/skiff-kubelet-volume-XXXXXX".utf8CString)
    let base = String(cString: try #require(mkdtemp(&template)))
    defer { try? Files.removeTree(base) }
    let directory = AtomicDirectory(path: base + "/v")
    func file(_ text: String) -> AtomicDirectory.File { .init(bytes: Array(text.utf8), mode: 0o640) }
    #expect(try directory.write(["a": file("1"), "d/b": file("2")], stamp: "one"))
    #expect(Files.text(base + "/v/a") == "1" && Files.text(base + "/v/d/b") == "2")
    #expect(try !directory.write(["a": file("1"), "d/b": file("2")], stamp: "two"))
    #expect(try directory.write(["a": file("3")], stamp: "three"))
    #expect(Files.names(in: base + "/v") == ["..data", "..three", "a"])
    #expect(Files.text(base + "/v/a") == "3")
    #expect(throws: KubeletError.self) { try directory.write(["../x": file("")], stamp: "four") }
  }

  @Test func logLinesAreRead() throws {
    let line = try #require(LogLine(Array("2026-01-02T15:04:05.1Z stderr P hello  world".utf8)[...]))
    #expect(line.isPartial && line.text == Array("hello  world".utf8))
    var options = LogOptions()
    options.since = "2026-01-02T15:04:06Z"
    options.timestamps = true
    var filter = LogFilter(options)
    let first = filter.feed("2026-01-02T15:04:05.9Z stdout F old\n2026-01-02T15:04:06.1Z stdout P ne".utf8)
    let second = filter.feed("w\n2026-01-02T15:04:06.2Z stdout F er\n".utf8)
    #expect(String(decoding: first + second, as: UTF8.self) == "2026-01-02T15:04:06.1Z newer\n")
    let bytes = Array("t o F a\nt o P b\nt o F c\nt o F d\n".utf8)
    #expect(LogFilter.tailOffset(bytes, lines: 2) == 8)
    #expect(LogFilter.tailOffset(bytes, lines: 1) == 24)
    #expect(LogFilter.tailOffset(bytes, lines: 9) == 0)
    #expect(throws: KubeletError.self) { try LogOptions(query: ["tailLines": "x"]) }
  }

  @Test func containerdIsConfiguredForItsFolders() {
    #expect(ContainerdConfiguration.quoted("a\"b\\") == #""a\"b\\""#)
    #expect(Containerd.version(of: "containerd github.com/containerd/containerd 1.6.20~ds1 x")?.minor == 6)
    #expect(Containerd.version(of: "containerd github.com/containerd/containerd/v2 v2.0.1 x")?.major == 2)
    let text = ContainerdConfiguration(
      root: "/r", state: "/s", socket: "/s/c.sock", sandboxImage: "p", cniConfigDirectory: "/n", cniBinDirectory: "/b",
      runcPath: "/runc", snapshotter: .native, restrictsOOMScore: true
    ).text
    #expect(text.contains("restrict_oom_score_adj = true") && text.contains("snapshotter = \"native\""))
    #expect(text.contains("Root = \"/s/runc\"") && text.contains("stream_server_address = \"127.0.0.1\""))
  }

  @Test func aTunnelSendsTheRequestOn() throws {
    let target = try #require(StreamTunnel.Target("http://127.0.0.1:4123/exec/abc"))
    #expect(target.port == 4123 && target.path == "/exec/abc")
    let request = KubeletRequest(
      method: .POST, uri: "/exec/a/b/c?command=x+y&command=%2Fz", headers: ["Host": "h", "Upgrade": "SPDY/3.1"],
      isAuthenticated: true)
    #expect(request.query.map(\.value) == ["x y", "/z"])
    #expect(
      StreamTunnel.head(request, target)
        == "POST /exec/abc HTTP/1.1\r\nHost: 127.0.0.1:4123\r\nUpgrade: SPDY/3.1\r\n\r\n")
  }

  @Test func nodeConditionsFollowTheRuntime() {
    var conditions = NodeConditions(
      runtime: .answered(ready: true, runtimeMessage: "", network: false, networkMessage: "no config"),
      availableMemory: 1 << 30, availableStorage: 0.05, freeInodes: 1, freeProcesses: true)
    let first = conditions.conditions(before: [], now: Time(seconds: 1))
    #expect(first.first { $0.type == "Ready" }?.status == "False")
    #expect(first.first { $0.type == "Ready" }?.message == "container runtime network not ready: no config")
    #expect(first.first { $0.type == "DiskPressure" }?.status == "True")
    conditions.runtime = .answered(ready: true, runtimeMessage: "", network: true, networkMessage: "")
    let second = conditions.conditions(before: first, now: Time(seconds: 2))
    #expect(second.first { $0.type == "Ready" }?.lastTransitionTime?.seconds == 2)
    #expect(second.first { $0.type == "DiskPressure" }?.lastTransitionTime?.seconds == 1)
  }
}
