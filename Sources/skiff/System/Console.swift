#if canImport(Glibc)
  import Glibc
#endif

/// What a command tells the person who typed it.
enum Console {
  /// A line of the command's result, on standard output.
  static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// A line of progress, on standard error, so that the result can be piped.
  static func progress(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
    }
  }
}
