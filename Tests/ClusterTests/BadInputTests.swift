import Foundation
import Testing

extension ClusterTests {
  /// A wrong command line or environment gets one line and the right exit code.
  @Suite(.enabled(if: !Machine.binaries.isEmpty, "SKIFF_BIN is not set: use hack/test"))
  struct BadInputTests {
    private func skiff(_ arguments: String...) throws -> CommandResult { try skiff(arguments) }

    private func skiff(_ arguments: [String]) throws -> CommandResult {
      try run(LocalCluster.skiff, arguments, limit: 20)
    }

    private func expectOneLine(_ result: CommandResult, status: Int32, _ part: String) {
      #expect(result.status == status, "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      #expect(result.errors.hasPrefix("skiff: "), "\(result.errors)")
      #expect(result.errors.contains(part), "\(result.errors)")
    }

    @Test func unknownCommandAndOption() throws {
      expectOneLine(try skiff("fly"), status: 2, "fly")
      expectOneLine(try skiff("up", "--fly"), status: 2, "--fly")
      expectOneLine(try skiff("up", "--nodes", "many"), status: 2, "many")
      expectOneLine(try skiff("up", "--nodes", "0"), status: 2, "--nodes")
    }

    @Test func badClusterName() throws {
      expectOneLine(try skiff("up", "--name", "Über/cluster"), status: 2, "is no name for a cluster")
    }

    @Test func noSuchCluster() throws {
      expectOneLine(try skiff("kubeconfig", "--name", "nowhere"), status: 1, "no cluster named nowhere")
      expectOneLine(try skiff("status", "--name", "nowhere"), status: 1, "no cluster named nowhere")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root to give it up")) func notRoot() throws {
      // The tests' folder may be closed to others, so the program is run from an open copy of its folder.
      let folder = "/tmp/skiff-test-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try run("install", ["-D", "-m", "755", LocalCluster.skiff, "\(folder)/skiff"])
      let result = try run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "\(folder)/skiff", "up"])
      expectOneLine(result, status: 1, "root")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func noContainerd() throws {
      expectOneLine(
        try run("/usr/bin/env", ["PATH=/nowhere", LocalCluster.skiff, "up", "--name", "never"]), status: 1, "containerd"
      )
    }

    @Test func brokenKubeconfig() throws {
      let path = "/tmp/skiff-test-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let run = ["--node-name", "n", "--run-dir", path + ".d"]
      defer { try? FileManager.default.removeItem(atPath: path + ".d") }
      try "not: [a kubeconfig".write(toFile: path, atomically: true, encoding: .utf8)
      for command in ["proxy", "network", "dns"] {
        let broken = try skiff([command, "--kubeconfig", path] + run)
        expectOneLine(broken, status: 1, path)
        let missing = try skiff([command, "--kubeconfig", path + ".none"] + run)
        expectOneLine(missing, status: 1, path + ".none")
      }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func tooLongARunDirectory() throws {
      let folder = "/tmp/" + String(repeating: "long", count: 20)
      expectOneLine(
        try skiff("server", "--advertise-address", "127.0.0.1", "--run-dir", folder), status: 2,
        "--run-dir \(folder) is too long")
      #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func portInUse() throws {
      let path = "/tmp/skiff-test-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(listener) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = bind(listener, $0, length)
          listen(listener, 1)
          getsockname(listener, $0, &length)
        }
      }
      let port = UInt16(bigEndian: address.sin_port)
      let result = try skiff(
        "server", "--store", "sqlite:\(path)/store.sqlite", "--certificates", "\(path)/pki", "--run-dir", "\(path)/run",
        "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--port", "\(port)", "--log-level",
        "critical")
      expectOneLine(result, status: 1, "127.0.0.1:\(port)")
    }
  }
}
