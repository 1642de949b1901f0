import Glibc

/// The files of a configMap, secret, projected or downwardAPI volume. They are written into a folder of their own, to
/// which the link `..data` then points; what a reader sees changes as a whole.
///
/// ```
/// config.yaml -> ..data/config.yaml
/// ..data -> ..2026_01_02_15_04_05.123456
/// ..2026_01_02_15_04_05.123456/config.yaml
/// ```
struct AtomicDirectory {
  struct File: Sendable, Equatable {
    var bytes: [UInt8]
    var mode: mode_t
  }

  var path: String
  /// The group that owns the files, where the pod names one.
  var group: gid_t?

  /// Makes the directory hold `files` and nothing else. `false` where it did already.
  /// - Parameter files: by path relative to the directory.
  @discardableResult
  func write(_ files: [String: File], stamp: String) throws -> Bool {
    for name in files.keys { try Self.check(name) }
    try Files.makeDirectory(path)
    if let group { own(path, group) }
    let link = path + "/..data"
    let old = Self.target(of: link)
    if let old, current(path + "/" + old) == files { return false }
    var folder = "..\(stamp)"
    var count = 0
    while Files.exists(path + "/" + folder) {
      count += 1
      folder = "..\(stamp)_\(count)"
    }
    let base = path + "/" + folder
    try Files.makeDirectory(base)
    if let group { own(base, group) }
    for (name, file) in files {
      let target = base + "/" + name
      if let slash = target.lastIndex(of: "/") { try Files.makeDirectory(String(target[..<slash])) }
      try Files.write(file.bytes, to: target, mode: file.mode)
      chmod(target, file.mode | (group == nil ? 0 : 0o040))
      if let group { chown(target, uid_t.max, group) }
    }
    let temporary = path + "/..data_tmp"
    unlink(temporary)
    guard symlink(folder, temporary) == 0 else { throw SystemError("make link", temporary) }
    guard rename(temporary, link) == 0 else { throw SystemError("rename link to", link) }
    let visible = Set(files.keys.map { $0.split(separator: "/").first.map { String($0) } ?? $0 })
    for name in visible where Self.target(of: path + "/" + name) == nil {
      guard symlink("..data/" + name, path + "/" + name) == 0 else { throw SystemError("make link", path + "/" + name) }
    }
    for name in Files.names(in: path) where name != "..data" && name != folder && !visible.contains(name) {
      try Files.removeTree(path + "/" + name)
    }
    return true
  }

  private func own(_ directory: String, _ group: gid_t) {
    chown(directory, uid_t.max, group)
    chmod(directory, 0o2775)
  }

  private func current(_ base: String, _ prefix: String = "") -> [String: File] {
    var files: [String: File] = [:]
    for name in Files.names(in: base) {
      let target = base + "/" + name
      guard let status = FileStatus(target, followsLinks: false) else { continue }
      if status.isDirectory {
        files.merge(current(target, prefix + name + "/")) { first, _ in first }
      } else if let bytes = try? Files.read(target) {
        let mode = status.permissions & 0o777
        files[prefix + name] = File(bytes: bytes, mode: group == nil ? mode : mode & ~0o040)
      }
    }
    // A group's right to read is added when the file is written; it does not make it another file.
    return files
  }

  private static func target(of link: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(link, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// - Throws: ``KubeletError`` for a path that would leave the directory.
  static func check(_ name: String) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if name.isEmpty || name.hasPrefix("/") || name.hasPrefix("..") || parts.contains("..") || name.utf8.count > 4096 {
      throw KubeletError("invalid path in volume: \(name)")
    }
  }
}
