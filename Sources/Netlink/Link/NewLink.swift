import CNetlink

/// An interface to be made.
public struct NewLink: Sendable {
  public enum Kind: Sendable {
    case veth(peer: Peer)
    case bridge(Bridge = Bridge())
    case vxlan(VXLAN)
    /// An intermediate functional block: what is redirected to it passes its queueing discipline, and goes on.
    case ifb
  }

  /// The other end of a veth. The kernel does not bring it up together with its creation: see ``LinkChange``.
  public struct Peer: Sendable {
    public var name: String
    public var namespace: NetworkNamespace?
    public var hardwareAddress: HardwareAddress?
    public var mtu: UInt32?

    public init(
      _ name: String, in namespace: NetworkNamespace? = nil, hardwareAddress: HardwareAddress? = nil,
      mtu: UInt32? = nil
    ) {
      self.name = name
      self.namespace = namespace
      self.hardwareAddress = hardwareAddress
      self.mtu = mtu
    }
  }

  public var name: String
  public var kind: Kind
  /// The namespace it is made in; `nil` for the socket's.
  public var namespace: NetworkNamespace?
  public var hardwareAddress: HardwareAddress?
  public var mtu: UInt32?
  /// The number of the bridge it becomes a port of.
  public var master: Int32?
  public var isUp: Bool
  public var transmitQueues: UInt32?

  public init(
    _ name: String, _ kind: Kind, in namespace: NetworkNamespace? = nil, hardwareAddress: HardwareAddress? = nil,
    mtu: UInt32? = nil, master: Int32? = nil, isUp: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.namespace = namespace
    self.hardwareAddress = hardwareAddress
    self.mtu = mtu
    self.master = master
    self.isUp = isUp
  }

  var kindName: String {
    switch kind {
    case .veth: "veth"
    case .bridge: "bridge"
    case .vxlan: "vxlan"
    case .ifb: "ifb"
    }
  }

  var message: RouteMessage {
    var message = RouteMessage(RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL)
    let up = isUp ? LinkFlags.up.rawValue : 0
    LinkHeader(flags: up, change: up).append(to: &message)
    message.attribute(IFLA_IFNAME, string: name)
    if let namespace { message.attribute(IFLA_NET_NS_FD, UInt32(namespace.descriptor)) }
    if let mtu { message.attribute(IFLA_MTU, mtu) }
    if let hardwareAddress { message.attribute(IFLA_ADDRESS, bytes: hardwareAddress.bytes) }
    if let master { message.attribute(IFLA_MASTER, UInt32(bitPattern: master)) }
    if let transmitQueues { message.attribute(IFLA_NUM_TX_QUEUES, transmitQueues) }
    message.nest(IFLA_LINKINFO) { message in
      message.attribute(IFLA_INFO_KIND, string: kindName)
      message.nest(IFLA_INFO_DATA) { message in
        switch kind {
        case .veth(let peer): message.nest(VETH_INFO_PEER) { peer.append(to: &$0) }
        case .bridge(let bridge): bridge.append(to: &message)
        case .vxlan(let vxlan): vxlan.append(to: &message)
        case .ifb: break
        }
      }
    }
    return message
  }
}

extension NewLink.Peer {
  fileprivate func append(to message: inout RouteMessage) {
    LinkHeader().append(to: &message)
    message.attribute(IFLA_IFNAME, string: name)
    if let namespace { message.attribute(IFLA_NET_NS_FD, UInt32(namespace.descriptor)) }
    if let mtu { message.attribute(IFLA_MTU, mtu) }
    if let hardwareAddress { message.attribute(IFLA_ADDRESS, bytes: hardwareAddress.bytes) }
  }
}
