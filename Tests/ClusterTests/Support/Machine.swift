import Foundation

/// What these tests need, and what the machine holds.
enum Machine {
  static let binaries = ProcessInfo.processInfo.environment["SKIFF_BIN"] ?? ""
  static let images = ProcessInfo.processInfo.environment["SKIFF_IMAGES"] ?? ""

  /// Why no cluster can be started here; `nil` where one can.
  static let obstacle: String? = {
    if binaries.isEmpty || images.isEmpty { return "SKIFF_BIN and SKIFF_IMAGES are not set: use hack/test" }
    if geteuid() != 0 { return "only root can make a cluster" }
    for program in ["containerd", "runc", "kubectl"] where (try? run("which", [program]).status) != 0 {
      return "\(program) is not installed"
    }
    return nil
  }()

  static var canRunClusters: Bool { obstacle == nil }

  /// All kubectl programs on the machine: the one on the PATH and, where there are any, others beside it.
  static let kubectls: [String] = {
    guard let found = try? run("sh", ["-c", "readlink -f $(command -v kubectl)"]), found.status == 0 else { return [] }
    let main = found.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let folder = (main as NSString).deletingLastPathComponent
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return [main] + names.filter { $0.hasPrefix("kubectl.1.") }.sorted().map { "\(folder)/\($0)" }
  }()

  /// Everything on the machine that a cluster makes and must take away again.
  static func inventory() throws -> [String: Set<String>] {
    func lines(_ command: String) throws -> Set<String> {
      Set(try run("sh", ["-c", command]).output.split(separator: "\n").map(String.init))
    }
    return [
      "namespaces": try lines("ls /run/netns 2>/dev/null"),
      "links": try lines("ls /sys/class/net"),
      "addresses": try lines("ip -o addr | grep -v valid_lft.*[0-9]sec | awk '{print $2, $3, $4}'"),
      "routes": try lines("ip route; ip -6 route"),
      "rules": try lines("nft list ruleset"),
      "mounts": try lines("awk '{print $5}' /proc/self/mountinfo | grep -E 'skiff|containerd|netns'"),
      "control groups": try lines("find /sys/fs/cgroup -type d -path '*skiff*'"),
      "files": try lines("find /run/skiff /var/lib/skiff /run/containerd 2>/dev/null"),
      // A process that has ended waits for the machine's init to collect it.
      "processes": try lines(
        "ps -eo stat,args | grep -v '^Z' | grep -E 'skiff|containerd' | grep -vE 'grep|xctest|swift|ps -eo'"),
      // Every link has sysctls of its own; they come and go with it.
      "sysctls": try lines(
        "sysctl -a 2>/dev/null | grep -E '^net.(ipv4|ipv6|bridge|netfilter).*(forward|call|rp_filter)' | grep -vE 'conf.(skiff-|sk[0-9a-f]{10})'"
      ),
    ]
  }
}
