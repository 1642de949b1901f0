import CNamespace
import Glibc

/// What the plugin `loopback` does, without the daemon: containerd runs it before the pod's own network for every sandbox.
enum Loopback {
  static func run(command: String, version: String) throws(PluginError) -> String? {
    switch command {
    case "ADD":
      let path = try environment("CNI_NETNS")
      try setUp(true, in: path)
      let sandbox = quoted(path)
      // The versions before 1.0.0 name the family of an address.
      let v4 = version.hasPrefix("0.") ? #""version":"4","# : ""
      let v6 = version.hasPrefix("0.") ? #""version":"6","# : ""
      let name = quoted(interface)
      return """
        {"cniVersion":\(quoted(version)),\
        "interfaces":[{"name":\(name),"mac":"00:00:00:00:00:00","sandbox":\(sandbox)}],\
        "ips":[{\(v4)"interface":0,"address":"127.0.0.1/8"},{\(v6)"interface":0,"address":"::1/128"}],"dns":{}}
        """
    case "CHECK":
      let path = try environment("CNI_NETNS")
      guard try isUp(in: path) else {
        throw PluginError(code: 101, message: "loopback interface is down", details: path)
      }
      return nil
    case "DEL":
      // The interface ends with its namespace, which may be gone already.
      if let path = value("CNI_NETNS"), access(path, F_OK) == 0 { try setUp(false, in: path) }
      return nil
    case "GC", "STATUS": return nil
    default:
      throw PluginError(code: 4, message: "unknown CNI_COMMAND", details: command)
    }
  }

  private static var interface: String { value("CNI_IFNAME") ?? "lo" }

  private static func setUp(_ up: Bool, in path: String) throws(PluginError) {
    try withFlags(in: path) { (descriptor, request) throws(PluginError) in
      let old = request.ifr_ifru.ifru_flags
      let flag = Int16(truncatingIfNeeded: IFF_UP)
      request.ifr_ifru.ifru_flags = up ? old | flag : old & ~flag
      guard ioctl(descriptor, UInt(SIOCSIFFLAGS), &request) == 0 else {
        throw failure("cannot bring \(interface) \(up ? "up" : "down")", path)
      }
    }
  }

  private static func isUp(in path: String) throws(PluginError) -> Bool {
    var isUp = false
    try withFlags(in: path) { (_, request) throws(PluginError) in
      isUp = request.ifr_ifru.ifru_flags & Int16(truncatingIfNeeded: IFF_UP) != 0
    }
    return isUp
  }

  private static func withFlags(
    in path: String, _ body: (Int32, inout ifreq) throws(PluginError) -> Void
  ) throws(PluginError) {
    let namespace = open(path, O_RDONLY | O_CLOEXEC)
    guard namespace >= 0 else { throw failure("cannot open CNI_NETNS", path) }
    defer { close(namespace) }
    guard cnamespace_setns_network(namespace) == 0 else { throw failure("cannot enter CNI_NETNS", path) }
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure("cannot open a socket", path) }
    defer { close(descriptor) }
    var request = ifreq()
    let name = Array(interface.utf8.prefix(Int(IFNAMSIZ) - 1))
    withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: name) }
    guard ioctl(descriptor, UInt(SIOCGIFFLAGS), &request) == 0 else {
      throw failure("cannot read the flags of \(interface)", path)
    }
    try body(descriptor, &request)
  }

  private static func failure(_ action: String, _ path: String) -> PluginError {
    PluginError(code: 5, message: action, details: "\(path): \(String(cString: strerror(errno)))")
  }
}
