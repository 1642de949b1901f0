import Glibc

/// A refusal by the kernel of something asked over netlink, or of a system call near it.
///
/// It reads as one line: `cannot add address 10.244.1.7/32 to veth3fa2: EEXIST (File exists)`, followed by
/// the text of the kernel's extended acknowledgement where there was one.
public struct NetlinkError: Error, Sendable, Hashable {
  /// What was being done, as a verb phrase: `add address`, `delete chain`.
  public var call: String
  /// What it was done to: `10.244.1.7/32 to veth3fa2`, `inet skiff-proxy lb4-5`.
  public var object: String
  /// The error number, positive.
  public var errno: Int32
  /// The kernel's own words (NLMSGERR_ATTR_MSG), empty where it said none.
  public var kernelMessage: String
  /// What to do about it, empty where nothing can be said.
  public var advice: String

  public init(call: String, object: String, errno: Int32, kernelMessage: String = "", advice: String = "") {
    self.call = call
    self.object = object
    self.errno = errno
    self.kernelMessage = kernelMessage
    self.advice = advice
  }

  /// `EEXIST`, or `errno 523` for numbers that have no name here.
  public var errnoName: String { Self.name(ofErrno: errno) }

  /// The name that `<errno.h>` gives a number.
  public static func name(ofErrno errno: Int32) -> String {
    names[errno] ?? "errno \(errno)"
  }

  private static let names: [Int32: String] = [
    EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO", E2BIG: "E2BIG", EBADF: "EBADF",
    EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST",
    EXDEV: "EXDEV", ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE",
    EMFILE: "EMFILE", EFBIG: "EFBIG", ENOSPC: "ENOSPC", EROFS: "EROFS", EMLINK: "EMLINK", EPIPE: "EPIPE",
    ERANGE: "ERANGE", EDEADLK: "EDEADLK", ENAMETOOLONG: "ENAMETOOLONG", ENOSYS: "ENOSYS", ENOTEMPTY: "ENOTEMPTY",
    ELOOP: "ELOOP", ENODATA: "ENODATA", EPROTO: "EPROTO", EBADMSG: "EBADMSG", EOVERFLOW: "EOVERFLOW",
    EILSEQ: "EILSEQ", ERESTART: "ERESTART", ENOTSOCK: "ENOTSOCK", EMSGSIZE: "EMSGSIZE",
    EPROTONOSUPPORT: "EPROTONOSUPPORT", EOPNOTSUPP: "EOPNOTSUPP", EAFNOSUPPORT: "EAFNOSUPPORT",
    EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL", ENETDOWN: "ENETDOWN", ENETUNREACH: "ENETUNREACH",
    ECONNREFUSED: "ECONNREFUSED", ENOBUFS: "ENOBUFS", ENOTCONN: "ENOTCONN", ETIMEDOUT: "ETIMEDOUT",
    EHOSTUNREACH: "EHOSTUNREACH", EALREADY: "EALREADY", EINPROGRESS: "EINPROGRESS", ESTALE: "ESTALE",
    ECANCELED: "ECANCELED",
  ]
}

extension NetlinkError: CustomStringConvertible {
  public var description: String {
    var text = "cannot \(call)"
    if !object.isEmpty { text += " \(object)" }
    text += ": \(errnoName)"
    if let words = strerror(errno) { text += " (\(String(cString: words)))" }
    if !kernelMessage.isEmpty { text += ": \(kernelMessage)" }
    if !advice.isEmpty { text += "; \(advice)" }
    return text
  }
}
