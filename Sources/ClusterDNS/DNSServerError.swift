import Glibc

/// Why the DNS server cannot start, or has ended.
public struct DNSServerError: Error, CustomStringConvertible, Sendable {
  /// What was being done: `bind`.
  public let doing: String
  /// To which object: `10.96.0.10:53/udp`.
  public let object: String
  /// The kernel's error number; 0 where the reason is another.
  public let errno: Int32
  public let reason: String

  init(_ doing: String, _ object: String, code: Int32) {
    self.doing = doing
    self.object = object
    errno = code
    reason = String(cString: strerror(code))
  }

  init(_ doing: String, _ object: String, reason: String) {
    self.doing = doing
    self.object = object
    errno = 0
    self.reason = reason
  }

  public var description: String {
    var hint = ""
    switch errno {
    case EADDRINUSE: hint = " (another DNS server has it: stop that one, or listen on another address)"
    case EACCES: hint = " (ports below 1024 need root or CAP_NET_BIND_SERVICE)"
    case EADDRNOTAVAIL: hint = " (no interface has the address)"
    default: break
    }
    return "cannot \(doing) \(object): \(reason)\(hint)"
  }
}
