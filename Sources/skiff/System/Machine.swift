#if canImport(Glibc)
  import Glibc
#endif

/// The machine this runs on; without it a benchmark's figure says nothing.
enum Machine {
  /// In lower case, as Nodes are named.
  static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
  }

  static var kernel: String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  static var description: String { "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(kernel)" }
}
