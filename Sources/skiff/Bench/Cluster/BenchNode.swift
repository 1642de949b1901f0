import Netlink

/// The network namespace of a benchmark as a node: the place of the API server and of the proxy.
enum BenchNode {
  /// Gives the calling thread's namespace the node's address and a way to ClusterIPs, which leads nowhere where no
  /// proxy translates them.
  static func configure() throws {
    let socket = try RouteSocket()
    try socket.set(BenchNetworks.loopback, LinkChange(isUp: true))
    try socket.replace(InterfaceAddress(BenchNetworks.nodeAddress, interface: BenchNetworks.loopback))
    try socket.replace(
      Route(
        to: BenchNetworks.serviceCIDR, interface: BenchNetworks.loopback, source: BenchNetworks.nodeAddress))
  }

  /// Lets the calling thread's namespace answer at every address of a prefix.
  static func own(_ prefix: IPPrefix) throws {
    try RouteSocket().replace(
      Route(to: prefix, kind: .local, interface: BenchNetworks.loopback, table: Route.localTable))
  }

  /// Deletes all tables of nftables, whosever they are.
  static func forgetRules() throws {
    let socket = try NFTablesSocket()
    for table in try socket.tables() { try socket.commit(NFBatch([.deleteTable(table.name)])) }
  }
}
