/// `tcmsg` of linux/rtnetlink.h: what every message about a queueing discipline or a filter begins with.
struct TrafficControlHeader: Sendable, Hashable {
  static let size = 20

  var interface: Int32
  /// Of a discipline its own number; of a filter the kernel's.
  var handle: UInt32 = 0
  /// What it hangs on.
  var parent: UInt32 = 0
  /// Of a filter: priority in the upper half, protocol in network order in the lower.
  var information: UInt32 = 0

  func append(to message: inout RouteMessage) {
    message.append(UInt32(0))
    message.append(interface)
    message.append(handle)
    message.append(parent)
    message.append(information)
  }
}

extension TrafficControlHeader {
  init?(payload: ArraySlice<UInt8>) {
    guard let interface = payload.load(Int32.self, at: 4), let handle = payload.load(UInt32.self, at: 8),
      let parent = payload.load(UInt32.self, at: 12), let information = payload.load(UInt32.self, at: 16)
    else { return nil }
    self.init(interface: interface, handle: handle, parent: parent, information: information)
  }
}
