import Glibc
import Synchronization

/// The append-only file that the addresses' state survives in.
///
/// Each record is written before what it says becomes visible, and ``sync(_:)`` waits until it is on the disk; calls that
/// wait at once share one `fdatasync`. A last line that was cut short is dropped when the file is read. When most
/// lines no longer matter the file is written anew beside, and renamed over.
final class AddressJournal: Sendable {
  private struct File: Sendable {
    var descriptor: Int32
    var length: Int
    var lines: Int
    var written: UInt64 = 0
  }

  private let path: String
  private let lock: Int32
  private let file: Mutex<File>
  private let synced = Mutex<UInt64>(0)

  /// Opens, and makes if need be, `addresses.journal` in a folder. One process at a time holds it.
  /// - Returns: the journal, what it holds, and how many damaged lines were passed over.
  static func open(folder: String) throws(JournalError) -> (
    journal: AddressJournal, records: [JournalRecord], damaged: Int
  ) {
    try makeFolder(folder)
    let lockPath = folder + "/addresses.lock"
    let lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw JournalError("open", lockPath) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno == EWOULDBLOCK ? "another network agent uses this folder" : nil
      let error = JournalError("lock", lockPath, reason: reason)
      close(lock)
      throw error
    }
    do throws(JournalError) {
      let path = folder + "/addresses.journal"
      let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw JournalError("open", path) }
      let bytes = try read(descriptor, path)
      var records: [JournalRecord] = []
      var damaged = 0
      var kept = 0
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 0x0a) {
        if let record = JournalRecord(line: rest[..<end]) { records.append(record) } else { damaged += 1 }
        kept = end + 1
        rest = rest[kept...]
      }
      // What follows the last line end was not yet acknowledged to anyone.
      if kept < bytes.count, ftruncate(descriptor, kept) != 0 { throw JournalError("truncate", path) }
      let state = File(descriptor: descriptor, length: kept, lines: records.count + damaged)
      return (AddressJournal(path: path, lock: lock, file: state), records, damaged)
    } catch {
      close(lock)
      throw error
    }
  }

  private init(path: String, lock: Int32, file: File) {
    self.path = path
    self.lock = lock
    self.file = Mutex(file)
  }

  deinit {
    file.withLock { _ = close($0.descriptor) }
    close(lock)
  }

  /// Lets another agent have the folder. Nothing may be written afterwards.
  func unlock() { flock(lock, LOCK_UN) }

  /// Writes records, all or none. Give the result to ``sync(_:)``.
  @discardableResult
  func append(_ records: [JournalRecord]) throws(JournalError) -> UInt64 {
    let bytes = records.flatMap { $0.line }
    return try file.withLock { (file) throws(JournalError) in
      try Self.write(bytes, to: file.descriptor, at: file.length, path)
      file.length += bytes.count
      file.lines += records.count
      file.written += 1
      return file.written
    }
  }

  /// Returns when everything up to an ``append(_:)`` is on the disk.
  func sync(_ ticket: UInt64) throws(JournalError) {
    try synced.withLock { (synced) throws(JournalError) in
      guard synced < ticket else { return }  // a call that waited before has done it
      let (descriptor, written) = file.withLock { ($0.descriptor, $0.written) }
      guard fdatasync(descriptor) == 0 else { throw JournalError("sync", path) }
      synced = written
    }
  }

  /// Writes the file anew where at least three quarters of its lines no longer matter.
  func compact(_ snapshot: @autoclosure () -> [JournalRecord], live: Int) throws(JournalError) {
    guard file.withLock({ $0.lines }) > 1024 + 4 * live else { return }
    let records = snapshot()
    let temporary = path + ".new"
    let bytes = records.flatMap { $0.line }
    // Nobody syncs the old file meanwhile: what it holds is in the new one.
    try synced.withLock { (synced) throws(JournalError) in
      try file.withLock { (file) throws(JournalError) in
        let descriptor = Glibc.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JournalError("open", temporary) }
        do throws(JournalError) {
          try Self.write(bytes, to: descriptor, at: 0, temporary)
          guard fdatasync(descriptor) == 0 else { throw JournalError("sync", temporary) }
          guard rename(temporary, path) == 0 else { throw JournalError("rename", temporary) }
        } catch {
          close(descriptor)
          unlink(temporary)
          throw error
        }
        Self.syncFolder(of: path)
        close(file.descriptor)
        file.descriptor = descriptor
        file.length = bytes.count
        file.lines = records.count
        synced = file.written
      }
    }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ path: String
  ) throws(JournalError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset + written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = JournalError("write", path)
        ftruncate(descriptor, offset)
        throw error
      }
      written += count
    }
  }

  private static func read(_ descriptor: Int32, _ path: String) throws(JournalError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw JournalError("read", path) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  private static func makeFolder(_ path: String) throws(JournalError) {
    var folder = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      folder += "/" + part
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw JournalError("make folder", folder) }
    }
  }

  private static func syncFolder(of path: String) {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    let descriptor = Glibc.open((path.hasPrefix("/") ? "/" : "./") + folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

/// Why the journal cannot be kept.
struct JournalError: Error, CustomStringConvertible {
  var description: String

  init(_ action: String, _ path: String, reason: String? = nil) {
    let reason = reason ?? String(cString: strerror(errno))
    description = "cannot \(action) \(path): \(reason)"
  }
}
