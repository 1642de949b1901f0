import CNetlink
import Glibc

extension RouteSocket {
  /// All interfaces of the namespace, by number.
  public func links() throws(NetlinkError) -> [Link] {
    var message = RouteMessage(RTM_GETLINK)
    LinkHeader().append(to: &message)
    return try dump("list", "links", message) { type, payload in
      type == RTM_NEWLINK ? Link(payload: payload) : nil
    }
  }

  /// The interface with a name; `nil` where there is none.
  public func link(named name: String) throws(NetlinkError) -> Link? {
    var message = RouteMessage(RTM_GETLINK)
    LinkHeader().append(to: &message)
    message.attribute(IFLA_IFNAME, string: name)
    return try link(message, name)
  }

  /// The interface with a number; `nil` where there is none.
  public func link(_ index: Int32) throws(NetlinkError) -> Link? {
    var message = RouteMessage(RTM_GETLINK)
    LinkHeader(index: index).append(to: &message)
    return try link(message, "number \(index)")
  }

  /// The interface with a number in another namespace; `nil` where there is none, or where no namespace has that number.
  ///
  /// - Parameter peerNamespace: the number that this socket's namespace has for the other one: see
  ///   ``Link/peerNamespace``. The link's own numbers are those of its namespace.
  public func link(_ index: Int32, in peerNamespace: Int32) throws(NetlinkError) -> Link? {
    var message = RouteMessage(RTM_GETLINK)
    LinkHeader(index: index).append(to: &message)
    message.attribute(IFLA_TARGET_NETNSID, peerNamespace)
    do throws(NetlinkError) {
      return try link(message, "number \(index) in namespace number \(peerNamespace)")
    } catch  where error.errno == EINVAL {
      return nil  // no namespace has the number any more
    }
  }

  private func link(_ message: RouteMessage, _ object: String) throws(NetlinkError) -> Link? {
    var link: Link?
    do throws(NetlinkError) {
      try query("get", "link \(object)", message) { type, payload in
        if type == RTM_NEWLINK { link = Link(payload: payload) }
      }
    } catch  where error.errno == ENODEV {
      return nil
    }
    return link
  }

  /// The number of an interface that must be there: `ENODEV` otherwise.
  public func index(of name: String) throws(NetlinkError) -> Int32 {
    guard let link = try link(named: name) else {
      throw NetlinkError(call: "get", object: "link \(name) in \(namespaceDescription)", errno: ENODEV)
    }
    return link.index
  }

  /// Makes an interface. `EEXIST` where the name (of either end) is taken.
  public func create(_ link: NewLink) throws(NetlinkError) {
    try request("create", "\(link.kindName) \(link.name)", link.message)
  }

  public func set(_ index: Int32, _ change: LinkChange) throws(NetlinkError) {
    try request("set \(change.words) on", "link number \(index)", change.message(index: index))
  }

  /// Changes an interface found by its name.
  public func set(_ name: String, _ change: LinkChange) throws(NetlinkError) {
    let index = try index(of: name)
    try request("set \(change.words) on", "link \(name)", change.message(index: index))
  }

  /// Deletes an interface (of a veth, both ends). `ENODEV` where there is none.
  public func deleteLink(_ index: Int32) throws(NetlinkError) {
    var message = RouteMessage(RTM_DELLINK)
    LinkHeader(index: index).append(to: &message)
    try request("delete", "link number \(index)", message)
  }

  /// Deletes an interface by its name. Says whether there was one.
  @discardableResult
  public func deleteLink(named name: String) throws(NetlinkError) -> Bool {
    var message = RouteMessage(RTM_DELLINK)
    LinkHeader().append(to: &message)
    message.attribute(IFLA_IFNAME, string: name)
    do throws(NetlinkError) {
      try request("delete", "link \(name)", message)
      return true
    } catch  where error.errno == ENODEV {
      return false
    }
  }
}
