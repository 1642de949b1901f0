import Foundation
import Testing

@testable import Control

/// Other people's client: every kubectl from 1.27 to 1.33 that is on the machine.
@Suite(.serialized, .timeLimit(.minutes(10))) struct KubectlTests {
  /// Versioned binaries beside the kubectl on the path, or that one alone.
  static let binaries: [String] = {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    guard let found = path.map({ $0 + "/kubectl" }).first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { return [] }
    let real = URL(fileURLWithPath: found).resolvingSymlinksInPath()
    let folder = real.deletingLastPathComponent().path
    let versions = (27...33).map { "\(folder)/kubectl.1.\($0)" }.filter {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    return versions.isEmpty ? [found] : versions
  }()

  struct Kubectl: Sendable {
    let binary: String
    let live: LiveControlPlane

    struct Output {
      var status: Int32
      var text: String
      var errors: String
    }

    func callAsFunction(_ arguments: String..., input: String = "") async throws -> Output {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: binary)
      process.arguments = ["--kubeconfig", live.kubeconfig] + arguments
      process.environment = ["HOME": live.directory, "PATH": "/usr/bin:/bin", "KUBECTL_EXTERNAL_DIFF": ""]
      let name = live.directory + "/" + UUID().uuidString
      try Data(input.utf8).write(to: URL(fileURLWithPath: name + ".in"))
      for end in [".out", ".err"] { try Data().write(to: URL(fileURLWithPath: name + end)) }
      process.standardInput = FileHandle(forReadingAtPath: name + ".in")
      process.standardOutput = FileHandle(forWritingAtPath: name + ".out")
      process.standardError = FileHandle(forWritingAtPath: name + ".err")
      let (ends, continuation) = AsyncStream.makeStream(of: Int32.self)
      process.terminationHandler = { continuation.yield($0.terminationStatus) }
      try process.run()
      let limit = Task {
        try await Task.sleep(for: .seconds(60))
        process.terminate()
      }
      var iterator = ends.makeAsyncIterator()
      let status = await iterator.next() ?? -1
      limit.cancel()
      let output = Output(
        status: status, text: try String(contentsOfFile: name + ".out", encoding: .utf8),
        errors: try String(contentsOfFile: name + ".err", encoding: .utf8))
      for end in [".in", ".out", ".err"] { try FileManager.default.removeItem(atPath: name + end) }
      return output
    }
  }

  static let manifest = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 80}]}]}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80}], type: NodePort}

    """

  @Test(.enabled(if: !binaries.isEmpty, "there is no kubectl on the path"), arguments: binaries)
  func doesWhatPeopleDo(_ binary: String) async throws {
    try await LiveControlPlane.with { live in
      let kubectl = Kubectl(binary: binary, live: live)
      #expect(try await kubectl("version").text.contains("v1.36.0-skiff"))
      let resources = try await kubectl("api-resources").text
      for name in ["pods ", "deployments ", "endpointslices ", "leases "] { #expect(resources.contains(name)) }
      #expect(try await kubectl("explain", "pod.spec.nodeName").text.contains("nodeName"))

      let file = live.directory + "/web.yaml"
      try Self.manifest.write(toFile: file, atomically: true, encoding: .utf8)
      let created = try await kubectl("apply", "-f", file)
      #expect(created.text == "deployment.apps/web created\nservice/web created\n", "\(created.errors)")
      #expect(try await kubectl("apply", "-f", file).text == "deployment.apps/web unchanged\nservice/web unchanged\n")
      try Self.manifest.replacing("web:1", with: "web:2").write(toFile: file, atomically: true, encoding: .utf8)
      let diff = try await kubectl("diff", "-f", file)
      #expect(diff.status == 1)
      #expect(diff.text.contains("+      - image: web:2"), "\(diff.errors)")
      #expect(try await kubectl("apply", "-f", file).text == "deployment.apps/web configured\nservice/web unchanged\n")

      #expect(try await kubectl("get", "deployments").text.contains("READY"))
      #expect(try await kubectl("get", "svc", "web", "-o", "wide").text.contains("app=web"))
      #expect(try await kubectl("get", "svc", "web", "-o", "yaml").text.contains("kind: Service"))
      let type = try await kubectl("get", "svc", "web", "-o", "jsonpath={.spec.type}")
      #expect(type.text == "NodePort")
      #expect(try await kubectl("describe", "svc", "web").text.contains("NodePort:"))
      #expect(try await kubectl("scale", "deployment", "web", "--replicas=2").text == "deployment.apps/web scaled\n")
      #expect(
        try await kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}").text == "2")
      #expect(try await kubectl("label", "svc", "web", "tier=front").text == "service/web labeled\n")
      #expect(try await kubectl("get", "svc", "-l", "tier=front", "-o", "name").text == "service/web\n")

      #expect(try await kubectl("create", "configmap", "cm", "--from-literal=a=b").text == "configmap/cm created\n")
      let twice = try await kubectl("create", "configmap", "cm")
      #expect(twice.errors.contains(#"configmaps "cm" already exists"#))
      #expect(try await kubectl("delete", "configmap", "cm").text.hasPrefix(#"configmap "cm" deleted"#))
      #expect(try await kubectl("wait", "--for=delete", "configmap/cm", "--timeout=10s").status == 0)
      #expect(
        try await kubectl("get", "pods", "none").errors == "Error from server (NotFound): pods \"none\" not found\n")
      let invalid = try await kubectl(
        "create", "-f", "-",
        input:
          #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"name":"A","image":"i"}]}}"#)
      #expect(invalid.errors.hasPrefix(#"The Pod "x" is invalid: spec.containers[0].name: Invalid value: "A""#))
      let unknown = try await kubectl(
        "create", "-f", "-",
        input:
          #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"containers":[{"nam":"a","image":"i"}]}}"#)
      #expect(unknown.errors.contains(#"strict decoding error: unknown field "spec.containers[0].nam""#))
      let deleted = try await kubectl("delete", "-f", file)
      #expect(deleted.text.contains(#""web" deleted"#), "\(deleted.errors)")
      #expect(try await kubectl("get", "svc", "web").status == 1)
    }
  }

  @Test(.enabled(if: !binaries.isEmpty, "there is no kubectl on the path"))
  func watchPrintsWhatHappens() async throws {
    let binary = try #require(Self.binaries.last)
    try await LiveControlPlane.with { live in
      let kubectl = Kubectl(binary: binary, live: live)
      async let watched = kubectl(
        "get", "configmaps", "-w", "--output-watch-events", "--no-headers", "--request-timeout=6s")
      // The watch is known to stand when the server counts it.
      let stands = try await eventually {
        let metrics = try await kubectl("get", "--raw", "/metrics").text
        return metrics.split(separator: "\n").contains { line in
          line.hasPrefix("apiserver_request_total") && line.contains("\"watch\"") && line.contains("configmaps")
        }
      }
      #expect(stands)
      _ = try await kubectl("create", "configmap", "seen")
      _ = try await kubectl("delete", "configmap", "seen")
      let lines = try await watched.text.split(separator: "\n").map {
        $0.split(separator: " ").prefix(2).joined(separator: " ")
      }
      #expect(lines.filter { $0.hasSuffix(" seen") } == ["ADDED seen", "DELETED seen"])
    }
  }
}
