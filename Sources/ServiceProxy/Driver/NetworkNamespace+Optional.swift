import Netlink

extension NetworkNamespace? {
  /// Runs `body` in this namespace; in the caller's own where it is nil. Sockets stay in the one they are made in.
  func inside<Result>(_ body: () throws(NetlinkError) -> Result) throws(NetlinkError) -> Result {
    if let self { try self.run(body) } else { try body() }
  }
}
