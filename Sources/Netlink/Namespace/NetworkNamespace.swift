import CNamespace
import Glibc

/// A network namespace, held open by a descriptor for as long as this value lives.
///
/// The namespace itself lives while a process, a descriptor or a bind mount (``create(at:)``) holds it.
public final class NetworkNamespace: Sendable, CustomStringConvertible {
  /// What tells one namespace from all others on this machine: the same for all descriptors and paths of one.
  public struct Identifier: Sendable, Hashable {
    public var device: UInt64
    public var inode: UInt64
  }

  /// Open for as long as this value lives.
  public let descriptor: Int32
  public let identifier: Identifier
  /// Where it was opened, or `net:[inode]`.
  public let description: String

  private init(owning descriptor: Int32, _ description: String?) throws(NetlinkError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw NetlinkError(call: "fstat", object: description ?? "network namespace", errno: code)
    }
    self.descriptor = descriptor
    identifier = Identifier(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    self.description = description ?? "net:[\(status.st_ino)]"
  }

  deinit { close(descriptor) }

  /// The calling thread's namespace.
  public static func current() throws(NetlinkError) -> NetworkNamespace {
    try open(at: "/proc/thread-self/ns/net", describedAs: nil)
  }

  /// The namespace of a process: its id, or of a thread.
  public static func of(process: Int32) throws(NetlinkError) -> NetworkNamespace {
    try open(at: "/proc/\(process)/ns/net")
  }

  /// The namespace a path holds (`/run/netns/x`, `/proc/17/ns/net`).
  ///
  /// A file that is no namespace is `EINVAL`: what a leftover of ``create(at:)`` is once its mount is gone.
  public static func open(at path: String) throws(NetlinkError) -> NetworkNamespace {
    try open(at: path, describedAs: path)
  }

  private static func open(at path: String, describedAs description: String?) throws(NetlinkError) -> NetworkNamespace {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw NetlinkError(call: "open", object: path, errno: errno) }
    guard cnamespace_is_network_namespace(descriptor) == 1 else {
      close(descriptor)
      throw NetlinkError(call: "open", object: path, errno: EINVAL, kernelMessage: "no namespace is mounted there")
    }
    return try NetworkNamespace(owning: descriptor, description)
  }

  /// A new namespace that ends with this value, unless something else holds it by then. Its `lo` is down.
  public static func make() throws(NetlinkError) -> NetworkNamespace {
    try Thread.run { () throws(NetlinkError) -> NetworkNamespace in
      guard cnamespace_unshare_network() == 0 else {
        throw NetlinkError(call: "unshare", object: "new network namespace", errno: errno)
      }
      return try current()
    }
  }

  /// A new namespace bound to the file `path` (its folder is made), which holds it until ``delete(at:)``.
  ///
  /// The name is taken when the call fails with `EEXIST`.
  public static func create(at path: String) throws(NetlinkError) -> NetworkNamespace {
    try makeFolder(of: path)
    let file = Glibc.open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o444)
    guard file >= 0 else { throw NetlinkError(call: "create", object: path, errno: errno) }
    close(file)
    do {
      return try Thread.run { () throws(NetlinkError) -> NetworkNamespace in
        guard cnamespace_unshare_network() == 0 else {
          throw NetlinkError(call: "unshare", object: path, errno: errno)
        }
        guard mount("/proc/thread-self/ns/net", path, "none", UInt(MS_BIND), nil) == 0 else {
          throw NetlinkError(call: "mount", object: path, errno: errno)
        }
        return try open(at: path)
      }
    } catch {
      unlink(path)
      throw error
    }
  }

  /// Removes the file that ``create(at:)`` made, and with it the namespace if nothing else holds it.
  ///
  /// A path that does not exist is no error; a file without its mount is removed.
  public static func delete(at path: String) throws(NetlinkError) {
    while umount2(path, Int32(MNT_DETACH)) == 0 {}
    guard errno == EINVAL || errno == ENOENT else { throw NetlinkError(call: "umount", object: path, errno: errno) }
    guard unlink(path) == 0 || errno == ENOENT else { throw NetlinkError(call: "unlink", object: path, errno: errno) }
  }

  /// Runs `body` on a thread of its own inside this namespace, and waits for it.
  ///
  /// Sockets made in `body` stay in this namespace. Children started in `body` begin in it.
  public func run<Result>(_ body: () throws(NetlinkError) -> Result) throws(NetlinkError) -> Result {
    try Thread.run { () throws(NetlinkError) -> Result in
      try self.enter()
      return try body()
    }
  }

  /// Runs `body` as above, where it throws what it likes.
  public func run<Result>(_ body: () throws -> Result) throws -> Result {
    try Thread.run { () throws -> Result in
      try self.enter()
      return try body()
    }
  }

  private func enter() throws(NetlinkError) {
    guard cnamespace_setns_network(descriptor) == 0 else {
      throw NetlinkError(call: "setns", object: description, errno: errno)
    }
  }

  private static func makeFolder(of path: String) throws(NetlinkError) {
    let parts = path.split(separator: "/").dropLast()
    var folder = path.hasPrefix("/") ? "" : "."
    for part in parts {
      folder += "/" + part
      guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
        throw NetlinkError(call: "mkdir", object: folder, errno: errno)
      }
    }
  }
}

extension NetworkNamespace: Equatable {
  public static func == (left: NetworkNamespace, right: NetworkNamespace) -> Bool {
    left.identifier == right.identifier
  }
}
