#if canImport(Glibc)
  import Glibc
#endif

/// An error that its reader can mend: what was being done, what is wrong, what to do. It is shown as one line.
struct UserError: Error, CustomStringConvertible {
  var message: String
  /// 1, or 2 where the command line is wrong.
  var exitCode: Int32

  init(_ message: String, exitCode: Int32 = 1) {
    self.message = message
    self.exitCode = exitCode
  }

  var description: String { message }

  /// An error of the system call that was just made.
  static func system(_ action: String, _ object: String, errno code: Int32 = errno) -> UserError {
    UserError("cannot \(action) \(object): \(String(cString: strerror(code)))")
  }
}
