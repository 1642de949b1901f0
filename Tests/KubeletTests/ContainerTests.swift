import Glibc
import Testing

@testable import Kubelet

/// Runs the suite ``NodeTests`` in a network, a mount and a process namespace of its own: whatever a test leaves behind by
/// mistake ends with them.
@Suite struct ContainerTests {
  static var missing: String? {
    if geteuid() != 0 { return "needs root" }
    for program in ["containerd", "runc", "ctr", "unshare", "ip", "nsenter"] where Command.find(program) == nil {
      return "needs \(program)"
    }
    return Files.exists("/usr/bin/busybox") ? nil : "needs busybox-static"
  }

  @Test(
    .enabled(if: ContainerTests.missing == nil, "needs root, containerd, runc, iproute2 and busybox-static"),
    .disabled(if: NodeFixture.isInside), .timeLimit(.minutes(6)))
  func podsRunInRealContainers() async throws {
    let script = """
      mount -t tmpfs tmpfs /run && ip link set lo up && ip link add node0 type bridge && ip addr add 10.99.0.1/32 dev node0 \
      && ip link set node0 up && exec "$@"
      """
    let unshare = try #require(Command.find("unshare"))
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let program = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let output = try await Command.run(
      [
        unshare, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, "sh",
        program,
      ] + CommandLine.arguments.dropFirst().filter { $0.hasSuffix(".xctest") } + [
        "--testing-library", "swift-testing", "--filter", "KubeletTests.NodeTests",
      ],
      environment: [
        "SKIFF_KUBELET_TESTS_INSIDE": "1",
        "SKIFF_KUBELET_DEBUG": getenv("SKIFF_KUBELET_DEBUG").map { String(cString: $0) } ?? "",
      ].filter { !$0.value.isEmpty })
    #expect(output.status == 0, "\(output.text)")
    // A filter that matches nothing would end well too.
    #expect(output.text.contains("nodeIsReadyWithItsNetworkAndRunsAPod() passed"), "\(output.text)")
  }
}
