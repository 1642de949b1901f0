import Netlink

extension Transport {
  /// As a port of a Service or an EndpointSlice has it; absent or empty is TCP.
  init?(_ name: String?) {
    guard let name, !name.isEmpty else {
      self = .tcp
      return
    }
    self.init(name: name)
  }

  /// Whether flows outlive the endpoint they lead to, because nothing in the protocol ends them.
  var needsFlowCleanup: Bool { self != .tcp }
}
