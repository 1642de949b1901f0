import Foundation
import Testing

extension ClusterTests {
  /// `skiff dns` and its configuration files.
  @Suite(.enabled(if: !Machine.binaries.isEmpty, "SKIFF_BIN is not set: use hack/test"))
  struct DNSCommandTests {
    private func check(_ option: String, _ text: String) throws -> CommandResult {
      let path = "/tmp/skiff-test-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: path) }
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return try run(LocalCluster.skiff, ["dns", "--check", option, path], limit: 20)
    }

    @Test func goodFilesAreFoundGood() throws {
      let yaml = try check("--config", "zone: example.org\nupstreams: [192.0.2.1]\n")
      #expect(yaml.status == 0 && yaml.output.hasSuffix(": it can be used\n"))
      let corefile = try check("--corefile", ".:53 {\nkubernetes cluster.local\ntemplate IN A\n}\n")
      #expect(corefile.status == 0)
      #expect(corefile.output.contains(": line 3: template: it has no counterpart, and is left out\n"))
    }

    @Test func everyProblemIsALine() throws {
      let result = try check("--config", "zone: example..org\ntll: 5\n")
      let lines = result.errors.split(separator: "\n")
      #expect(result.status == 1 && lines.count == 3, "\(result.errors)")
      #expect(lines[0].contains(": line 1: zone: ") && lines[1].contains(": line 2: tll: "))
      #expect(lines[2].hasPrefix("skiff: ") && lines[2].hasSuffix(" cannot be used: 2 problems"))
      let corefile = try check("--corefile", ".:53 {\nforward . nobody\n}\n")
      #expect(corefile.status == 1 && corefile.errors.contains(": line 2: forward: \"nobody\" is no server"))
    }

    @Test func wrongOptionsAreTold() throws {
      for arguments in [["--check"], ["--config", "a", "--corefile", "b", "--check"], [] as [String]] {
        let result = try run(LocalCluster.skiff, ["dns"] + arguments, limit: 20)
        #expect(result.status == 2 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      }
    }
  }
}
