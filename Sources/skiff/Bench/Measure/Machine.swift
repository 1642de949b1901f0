#if canImport(Glibc)
  import Glibc
#endif

/// On what a benchmark ran: without it a figure says nothing.
enum Machine {
  static var kernel: String {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  static var description: String { "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(kernel)" }
}
