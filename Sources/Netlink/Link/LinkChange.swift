import CNetlink

/// What to change of an interface; `nil` leaves what is.
public struct LinkChange: Sendable {
  /// What the interface becomes a port of.
  public enum Master: Sendable {
    case none
    case link(Int32)
  }

  public var isUp: Bool?
  public var mtu: UInt32?
  public var hardwareAddress: HardwareAddress?
  /// The new name. The kernel renames an interface that is up only since 6.2.
  public var name: String?
  public var master: Master?
  /// Moves the interface to another namespace, where it may get another number.
  public var namespace: NetworkNamespace?
  public var alias: String?
  public var port: BridgePort?

  public init(
    isUp: Bool? = nil, mtu: UInt32? = nil, hardwareAddress: HardwareAddress? = nil, name: String? = nil,
    master: Master? = nil, namespace: NetworkNamespace? = nil, alias: String? = nil, port: BridgePort? = nil
  ) {
    self.isUp = isUp
    self.mtu = mtu
    self.hardwareAddress = hardwareAddress
    self.name = name
    self.master = master
    self.namespace = namespace
    self.alias = alias
    self.port = port
  }

  func message(index: Int32) -> RouteMessage {
    var message = RouteMessage(RTM_NEWLINK)
    let flag = LinkFlags.up.rawValue
    LinkHeader(index: index, flags: isUp == true ? flag : 0, change: isUp == nil ? 0 : flag).append(to: &message)
    if let name { message.attribute(IFLA_IFNAME, string: name) }
    if let mtu { message.attribute(IFLA_MTU, mtu) }
    if let hardwareAddress { message.attribute(IFLA_ADDRESS, bytes: hardwareAddress.bytes) }
    if let alias { message.attribute(IFLA_IFALIAS, bytes: Array(alias.utf8)) }
    switch master {
    case nil: break
    case .some(.none): message.attribute(IFLA_MASTER, UInt32(0))
    case .link(let index): message.attribute(IFLA_MASTER, UInt32(bitPattern: index))
    }
    if let namespace { message.attribute(IFLA_NET_NS_FD, UInt32(namespace.descriptor)) }
    if let port {
      message.nest(IFLA_LINKINFO) { message in
        message.attribute(IFLA_INFO_SLAVE_KIND, string: "bridge")
        message.nest(IFLA_INFO_SLAVE_DATA) { port.append(to: &$0) }
      }
    }
    return message
  }

  var words: String {
    var words: [String] = []
    if let isUp { words.append(isUp ? "up" : "down") }
    if let mtu { words.append("mtu \(mtu)") }
    if let hardwareAddress { words.append("address \(hardwareAddress)") }
    if let name { words.append("name \(name)") }
    switch master {
    case nil: break
    case .some(.none): words.append("no master")
    case .link(let index): words.append("master \(index)")
    }
    if let namespace { words.append("namespace \(namespace)") }
    if alias != nil { words.append("alias") }
    if port != nil { words.append("port options") }
    return words.joined(separator: ", ")
  }
}
