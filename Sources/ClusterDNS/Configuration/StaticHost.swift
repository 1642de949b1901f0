public import Netlink

/// A name with fixed addresses.
public struct StaticHost: Sendable, Hashable {
  public var name: WireName
  public var addresses: [IPAddress]

  public init(name: WireName, addresses: [IPAddress]) {
    self.name = name
    self.addresses = addresses
  }
}
