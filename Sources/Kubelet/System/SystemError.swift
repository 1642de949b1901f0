import Glibc

/// A system call that failed: `cannot make directory /x/y: EACCES (Permission denied)`.
struct SystemError: Error, CustomStringConvertible {
  var action: String
  var object: String
  var errno: Int32

  init(_ action: String, _ object: String, errno: Int32 = Glibc.errno) {
    self.action = action
    self.object = object
    self.errno = errno
  }

  var description: String { "cannot \(action) \(object): \(String(cString: strerror(errno)))" }
}

/// What the kubelet cannot do, and what to do about it.
public struct KubeletError: Error, CustomStringConvertible, Equatable {
  public var message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
