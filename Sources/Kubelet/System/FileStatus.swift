import CLinux
import Glibc

/// What stat(2) tells of a file.
struct FileStatus: Sendable {
  private let status: skiff_file_status_values

  /// `nil` where there is nothing, or nothing that may be looked at (see `errno`).
  init?(_ path: String, followsLinks: Bool = true) {
    var found = skiff_file_status_values()
    guard skiff_file_status(path, followsLinks ? 1 : 0, &found) == 0 else { return nil }
    status = found
  }

  var device: UInt64 { status.device }
  var permissions: mode_t { status.mode & 0o7777 }
  private var kind: mode_t { status.mode & S_IFMT }
  var isDirectory: Bool { kind == S_IFDIR }
  var isRegular: Bool { kind == S_IFREG }
  var isSocket: Bool { kind == S_IFSOCK }
  var isCharacterDevice: Bool { kind == S_IFCHR }
  var isBlockDevice: Bool { kind == S_IFBLK }

  /// Changes when the file is written.
  var mark: String { "\(status.size) \(status.modified_seconds).\(status.modified_nanoseconds)" }
}
