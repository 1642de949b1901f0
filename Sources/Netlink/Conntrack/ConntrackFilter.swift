import CNetlink

/// Which flows are meant. The kernel compares (CTA_FILTER, since Linux 5.8), so that nothing else crosses the socket;
/// but not the addresses of IPv6, see ``kernelComparesAll``.
///
/// Conditions left out hold for every flow.
public struct ConntrackFilter: Hashable, Sendable {
  /// Conditions on one direction.
  public struct Direction: Hashable, Sendable {
    public var source: IPAddress?
    public var destination: IPAddress?
    public var sourcePort: UInt16?
    public var destinationPort: UInt16?

    public init(
      source: IPAddress? = nil, destination: IPAddress? = nil, sourcePort: UInt16? = nil,
      destinationPort: UInt16? = nil
    ) {
      self.source = source
      self.destination = destination
      self.sourcePort = sourcePort
      self.destinationPort = destinationPort
    }

    var isEmpty: Bool { self == Direction() }
  }

  public var family: IPAddress.Family
  /// 6 TCP, 17 UDP, 132 SCTP. Conditions on ports need it.
  public var transport: UInt8?
  public var original: Direction
  public var reply: Direction
  public var mark: (value: UInt32, mask: UInt32)?
  public var zone: UInt16?

  public init(
    _ family: IPAddress.Family, transport: UInt8? = nil, original: Direction = Direction(),
    reply: Direction = Direction(), mark: (value: UInt32, mask: UInt32)? = nil, zone: UInt16? = nil
  ) {
    self.family = family
    self.transport = transport
    self.original = original
    self.reply = reply
    self.mark = mark
    self.zone = zone
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.family == right.family && left.transport == right.transport && left.original == right.original
      && left.reply == right.reply && left.mark?.value == right.mark?.value && left.mark?.mask == right.mark?.mask
      && left.zone == right.zone
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(family)
    hasher.combine(transport)
    hasher.combine(original)
    hasher.combine(reply)
    hasher.combine(mark?.value)
    hasher.combine(mark?.mask)
    hasher.combine(zone)
  }

  /// Whether the kernel finds exactly the flows that are meant.
  ///
  /// Its comparison of IPv6 addresses is the wrong way round (`ctnetlink_filter_match_tuple`, seen in Linux 6.18): a flow
  /// matches if the address is another one. Those addresses are not sent, and compared here.
  var kernelComparesAll: Bool {
    let addresses = [original.source, original.destination, reply.source, reply.destination]
    return family == .v4 || addresses.allSatisfy { $0 == nil }
  }

  /// The same question, answered here.
  public func matches(_ flow: ConntrackFlow) -> Bool {
    func holds(_ condition: Direction, _ tuple: ConntrackTuple) -> Bool {
      (condition.source ?? tuple.source) == tuple.source
        && (condition.destination ?? tuple.destination) == tuple.destination
        && (condition.sourcePort ?? tuple.sourcePort) == tuple.sourcePort
        && (condition.destinationPort ?? tuple.destinationPort) == tuple.destinationPort
    }
    return flow.original.source.family == family && (transport ?? flow.original.transport) == flow.original.transport
      && holds(original, flow.original) && holds(reply, flow.reply)
      && (mark.map { flow.mark & $0.mask == $0.value } ?? true) && (zone ?? flow.zone) == flow.zone
  }

  /// CTA_FILTER_F_… of the kernel's nf_internals.h.
  private enum Flag {
    static let source: UInt32 = 1 << 0
    static let destination: UInt32 = 1 << 1
    static let transport: UInt32 = 1 << 3
    static let sourcePort: UInt32 = 1 << 4
    static let destinationPort: UInt32 = 1 << 5
  }

  func encode(into message: inout MessageBuffer) {
    if let mark {
      message.put(CTA_MARK, mark.value)
      message.put(CTA_MARK_MASK, mark.mask)
    }
    if let zone { message.put(CTA_ZONE, zone) }
    let originalFlags = encode(original, CTA_TUPLE_ORIG, withTransport: true, into: &message)
    let replyFlags = encode(reply, CTA_TUPLE_REPLY, withTransport: false, into: &message)
    guard originalFlags | replyFlags != 0 else { return }
    message.nest(CTA_FILTER) {
      $0.putNative(CTA_FILTER_ORIG_FLAGS, originalFlags)
      $0.putNative(CTA_FILTER_REPLY_FLAGS, replyFlags)
    }
  }

  /// Writes a partial tuple. Ports are meaningful beside a protocol only, so the reply names it too if it has ports.
  private func encode(
    _ direction: Direction, _ type: ctattr_type, withTransport: Bool, into message: inout MessageBuffer
  ) -> UInt32 {
    var flags: UInt32 = 0
    let (source, destination) = family == .v4 ? (direction.source, direction.destination) : (nil, nil)
    let hasPorts = direction.sourcePort != nil || direction.destinationPort != nil
    let transport = withTransport || hasPorts ? self.transport : nil
    guard source != nil || destination != nil || hasPorts || transport != nil else { return 0 }
    message.nest(type) { tuple in
      if source != nil || destination != nil {
        tuple.nest(CTA_TUPLE_IP) { part in
          if let source {
            part.put(CTA_IP_V4_SRC, source.bytes)
            flags |= Flag.source
          }
          if let destination {
            part.put(CTA_IP_V4_DST, destination.bytes)
            flags |= Flag.destination
          }
        }
      }
      guard let transport else { return }
      flags |= Flag.transport
      tuple.nest(CTA_TUPLE_PROTO) { part in
        part.put(CTA_PROTO_NUM, transport)
        if let port = direction.sourcePort {
          part.put(CTA_PROTO_SRC_PORT, port)
          flags |= Flag.sourcePort
        }
        if let port = direction.destinationPort {
          part.put(CTA_PROTO_DST_PORT, port)
          flags |= Flag.destinationPort
        }
      }
    }
    return flags
  }
}
