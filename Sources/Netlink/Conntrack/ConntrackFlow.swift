import CNetlink

/// One direction of a flow.
public struct ConntrackTuple: Hashable, Sendable {
  public var source: IPAddress
  public var destination: IPAddress
  /// The IP protocol: 6 TCP, 17 UDP, 132 SCTP.
  public var transport: UInt8
  /// Zero for protocols without ports.
  public var sourcePort: UInt16
  public var destinationPort: UInt16

  public init(
    source: IPAddress, destination: IPAddress, transport: UInt8, sourcePort: UInt16, destinationPort: UInt16
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  init?(_ attributes: Attributes) {
    guard let addresses = attributes.first(CTA_TUPLE_IP)?.nested,
      let source = (addresses.first(CTA_IP_V4_SRC) ?? addresses.first(CTA_IP_V6_SRC)).flatMap({
        IPAddress(bytes: $0.payload)
      }),
      let destination = (addresses.first(CTA_IP_V4_DST) ?? addresses.first(CTA_IP_V6_DST)).flatMap({
        IPAddress(bytes: $0.payload)
      }), let transport = attributes.first(CTA_TUPLE_PROTO)?.nested, let number = transport.first(CTA_PROTO_NUM)
    else { return nil }
    self.init(
      source: source, destination: destination, transport: UInt8(truncatingIfNeeded: number.number),
      sourcePort: UInt16(truncatingIfNeeded: transport.first(CTA_PROTO_SRC_PORT)?.number ?? 0),
      destinationPort: UInt16(truncatingIfNeeded: transport.first(CTA_PROTO_DST_PORT)?.number ?? 0))
  }

  func encode(_ type: ctattr_type, into message: inout MessageBuffer, zone: UInt16? = nil) {
    message.nest(type) { tuple in
      tuple.nest(CTA_TUPLE_IP) {
        $0.put(source.isIPv4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, source.bytes)
        $0.put(destination.isIPv4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, destination.bytes)
      }
      tuple.nest(CTA_TUPLE_PROTO) {
        $0.put(CTA_PROTO_NUM, transport)
        $0.put(CTA_PROTO_SRC_PORT, sourcePort)
        $0.put(CTA_PROTO_DST_PORT, destinationPort)
      }
    }
  }
}

/// A flow that connection tracking knows.
public struct ConntrackFlow: Hashable, Sendable {
  /// As the first packet came.
  public var original: ConntrackTuple
  /// As answers come: where they differ from the original turned around, addresses are translated.
  public var reply: ConntrackTuple
  /// IPS_… of `<linux/netfilter/nf_conntrack_common.h>`.
  public var status: UInt32
  public var mark: UInt32
  public var zone: UInt16
  /// Seconds left.
  public var timeout: UInt32
  public var id: UInt32

  public init(
    original: ConntrackTuple, reply: ConntrackTuple, status: UInt32 = 0, mark: UInt32 = 0, zone: UInt16 = 0,
    timeout: UInt32 = 0, id: UInt32 = 0
  ) {
    self.original = original
    self.reply = reply
    self.status = status
    self.mark = mark
    self.zone = zone
    self.timeout = timeout
    self.id = id
  }

  /// Whether the destination was translated (IPS_DST_NAT).
  public var isDestinationTranslated: Bool { status & 1 << 5 != 0 }

  init?(_ message: Message) {
    let attributes = message.attributes
    guard let original = attributes.first(CTA_TUPLE_ORIG).flatMap({ ConntrackTuple($0.nested) }),
      let reply = attributes.first(CTA_TUPLE_REPLY).flatMap({ ConntrackTuple($0.nested) })
    else { return nil }
    self.init(
      original: original, reply: reply, status: attributes.first(CTA_STATUS)?.u32 ?? 0,
      mark: attributes.first(CTA_MARK)?.u32 ?? 0,
      zone: UInt16(truncatingIfNeeded: attributes.first(CTA_ZONE)?.number ?? 0),
      timeout: attributes.first(CTA_TIMEOUT)?.u32 ?? 0, id: attributes.first(CTA_ID)?.u32 ?? 0)
  }
}
