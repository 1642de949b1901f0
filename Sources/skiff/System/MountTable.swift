#if canImport(Glibc)
  import Glibc
#endif

/// The mounts that this process sees.
enum MountTable {
  struct Mount: Hashable {
    var mountPoint: String
    var type: String
    var superOptions: String
  }

  /// Reads /proc/self/mountinfo (proc(5)), in the order in which the mounts were made.
  static func read() -> [Mount] {
    guard let bytes = try? Files.readIfPresent("/proc/self/mountinfo") else { return [] }
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  static func parse(_ text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: false)
      guard let dash = fields.firstIndex(of: "-"), fields.count > 4, dash + 3 < fields.count else { return nil }
      return Mount(
        mountPoint: unescape(fields[4]), type: String(fields[dash + 1]), superOptions: String(fields[dash + 3]))
    }
  }

  /// Spaces, tabs, newlines and backslashes stand as three octal digits.
  private static func unescape(_ text: Substring) -> String {
    guard text.contains("\\") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Unmounts all that is mounted at a folder and below it, the newest first.
  static func unmountAll(below folder: String) throws {
    for mount in read().reversed() where mount.mountPoint == folder || mount.mountPoint.hasPrefix(folder + "/") {
      if umount2(mount.mountPoint, Int32(MNT_DETACH)) == 0 { continue }
      guard errno == EINVAL || errno == ENOENT else { throw UserError.system("unmount", mount.mountPoint) }
    }
  }
}
