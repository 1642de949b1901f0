import Glibc

extension NetworkNamespace {
  /// Writes a network sysctl of this namespace: `net/ipv4/ip_forward`, `1`.
  ///
  /// Nothing is written where the value is there already. A name holds an interface's name as it is: dots in it stay.
  public func setSysctl(_ name: String, _ value: String) throws(NetlinkError) {
    try run { () throws(NetlinkError) in try Sysctl.write(name, value) }
  }

  /// Reads a network sysctl of this namespace, without the line's end.
  public func sysctl(_ name: String) throws(NetlinkError) -> String {
    try run { () throws(NetlinkError) in try Sysctl.read(name) }
  }
}

/// The sysctls of the calling thread's namespace.
public enum Sysctl {
  public static func read(_ name: String) throws(NetlinkError) -> String {
    let path = "/proc/sys/\(name)"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw NetlinkError(call: "open", object: path, errno: errno) }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw NetlinkError(call: "read", object: path, errno: errno) }
    return String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Writes a value unless it is there already.
  public static func write(_ name: String, _ value: String) throws(NetlinkError) {
    if try read(name) == value { return }
    let path = "/proc/sys/\(name)"
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw NetlinkError(call: "open", object: path, errno: errno) }
    defer { close(descriptor) }
    var bytes = Array(value.utf8)
    guard Glibc.write(descriptor, &bytes, bytes.count) == bytes.count else {
      throw NetlinkError(call: "write \(value) to", object: path, errno: errno)
    }
  }
}
