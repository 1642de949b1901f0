import CLinux
import Glibc

/// Small files, read whole.
enum TextFile {
  /// The contents of a file of at most 16 MiB; `nil` and `errno` where it cannot be read.
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= 16 << 20 {
      let got = Glibc.read(descriptor, &part, part.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return nil }
      if got == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<got]
    }
    errno = EFBIG
    return nil
  }
}

/// What distinguishes one state of a file from another, also where a link leads to it.
struct FileState: Sendable, Hashable {
  private var device: UInt64
  private var inode: UInt64
  private var size: Int64
  private var seconds: Int64
  private var nanoseconds: Int64

  /// `nil` where there is no such file.
  init?(_ path: String) {
    var values = skiff_file_status_values()
    guard skiff_file_status(path, 1, &values) == 0 else { return nil }
    device = values.device
    inode = values.inode
    size = values.size
    seconds = values.modified_seconds
    nanoseconds = values.modified_nanoseconds
  }
}
