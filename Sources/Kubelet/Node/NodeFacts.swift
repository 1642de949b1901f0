import Glibc
import KubeAPI

/// What this machine is and has.
struct NodeFacts: Sendable {
  var cores: Int
  /// Bytes.
  var memory: Int64
  /// Bytes of the file system that holds volumes and images.
  var storage: Int64
  var kernel: String
  var osImage: String
  var machineID: String
  var systemUUID: String
  var bootID: String
  var hostname: String

  static let architecture: String = {
    #if arch(x86_64)
      "amd64"
    #else
      "arm64"
    #endif
  }()

  static func read(rootDirectory: String) -> NodeFacts {
    var name = utsname()
    uname(&name)
    let kernel = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let hostname = withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let image = (Files.text("/etc/os-release") ?? "").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
    let machine = Files.text("/etc/machine-id")?.trimmed ?? ""
    return NodeFacts(
      cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), memory: amount(ofMemory: "MemTotal"),
      storage: Filesystem(path: rootDirectory)?.size ?? 0, kernel: kernel,
      osImage: image.map { String($0.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }) } ?? "Linux",
      machineID: machine, systemUUID: Files.text("/sys/class/dmi/id/product_uuid")?.trimmed ?? machine,
      bootID: Files.text("/proc/sys/kernel/random/boot_id")?.trimmed ?? "", hostname: hostname)
  }

  /// A line of `/proc/meminfo`, in bytes.
  static func amount(ofMemory name: String) -> Int64 {
    for line in (Files.text("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name + ":") {
      return (Int64(line.split(separator: " ").dropFirst().first ?? "") ?? 0) * 1024
    }
    return 0
  }

  func capacity(maxPods: Int) -> [String: Quantity] {
    [
      "cpu": Quantity(String(cores)), "memory": Quantity("\(memory / 1024)Ki"),
      "ephemeral-storage": Quantity("\(storage / 1024)Ki"), "pods": Quantity(String(maxPods)),
    ]
  }

  /// What pods may ask for: the capacity without what is kept back from eviction's thresholds.
  func allocatable(maxPods: Int) -> [String: Quantity] {
    var amounts = capacity(maxPods: maxPods)
    amounts["memory"] = Quantity("\(max(0, memory - Self.memoryReserve) / 1024)Ki")
    amounts["ephemeral-storage"] = Quantity(String(storage * 9 / 10))
    return amounts
  }

  /// Bytes: below this much of available memory the node is under pressure.
  static let memoryReserve: Int64 = 100 << 20
}

struct Filesystem: Sendable {
  var size: Int64
  var available: Int64
  var inodes: Int64
  var freeInodes: Int64

  init?(path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    size = Int64(status.f_blocks) * Int64(status.f_frsize)
    available = Int64(status.f_bavail) * Int64(status.f_frsize)
    inodes = Int64(status.f_files)
    freeInodes = Int64(status.f_ffree)
  }
}
