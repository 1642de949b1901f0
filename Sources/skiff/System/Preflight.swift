#if canImport(Glibc)
  import Glibc
#endif

/// What a command needs of the machine, checked before anything is changed.
enum Preflight {
  static func requireRoot(_ command: String) throws {
    guard geteuid() == 0 else {
      throw UserError("`skiff \(command)` makes namespaces and mounts, which needs root: run it with sudo")
    }
  }

  static func requirePrograms(_ programs: [(name: String, package: String)]) throws {
    let missing = programs.filter { Files.program($0.name) == nil }
    guard missing.isEmpty else {
      let names = missing.map(\.name).joined(separator: ", ")
      let packages = Set(missing.map(\.package)).sorted().joined(separator: " ")
      throw UserError("\(names) not found on the PATH: install it (Debian: apt-get install \(packages))")
    }
  }

  /// The file systems that containers need, from /proc/filesystems.
  static func requireFileSystems(_ names: [String]) throws {
    let text = String(decoding: try Files.readIfPresent("/proc/filesystems") ?? [], as: UTF8.self)
    let known = Set(text.split(separator: "\n").compactMap { $0.split(separator: "\t").last.map(String.init) })
    let missing = names.filter { !known.contains($0) }
    guard missing.isEmpty else {
      throw UserError(
        "the kernel has no \(missing.joined(separator: ", ")): load it (modprobe \(missing.joined(separator: " "))) or use a kernel that has it"
      )
    }
  }
}
