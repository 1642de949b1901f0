import Glibc

/// Small file operations with errors that name the call and the path.
enum Files {
  static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemError("make directory", path)
    }
    try makeDirectory(String(path[..<slash]), mode: 0o755)
    guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("make directory", path) }
  }

  static func read(_ path: String, limit: Int = 16 << 20) throws -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = Glibc.read(file, &chunk, min(chunk.count, limit - bytes.count))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError("read", path) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  static func text(_ path: String) -> String? {
    (try? read(path)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes a file in place, which is what the files of cgroups and `/proc` need.
  static func write(_ bytes: some Collection<UInt8>, to path: String, mode: mode_t = 0o644) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw SystemError("open", path) }
    defer { close(file) }
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw SystemError("write", path) }
      rest = rest.dropFirst(count)
    }
  }

  /// Writes a file beside `path` and puts it in its place, so that a reader sees the old one or the new one.
  static func replace(_ path: String, with bytes: some Collection<UInt8>, mode: mode_t = 0o644) throws {
    let temporary = path + ".new"
    unlink(temporary)
    try write(bytes, to: temporary, mode: mode)
    chmod(temporary, mode)
    guard rename(temporary, path) == 0 else { throw SystemError("rename to", path) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isDirectory(_ path: String) -> Bool {
    FileStatus(path)?.isDirectory == true
  }

  /// The names in a directory, sorted; empty where it is not there.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a tree without crossing into what is mounted in it, and without following links.
  static func removeTree(_ path: String) throws {
    guard let status = FileStatus(path, followsLinks: false) else {
      if errno == ENOENT { return }
      throw SystemError("look at", path)
    }
    try removeTree(path, device: status.device, isDirectory: status.isDirectory)
  }

  private static func removeTree(_ path: String, device: UInt64, isDirectory: Bool) throws {
    if isDirectory {
      for name in names(in: path) {
        let child = path + "/" + name
        guard let status = FileStatus(child, followsLinks: false) else { continue }
        guard status.device == device else { throw SystemError("remove mounted", child, errno: EBUSY) }
        try removeTree(child, device: device, isDirectory: status.isDirectory)
      }
      guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove directory", path) }
    } else {
      guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
    }
  }
}
