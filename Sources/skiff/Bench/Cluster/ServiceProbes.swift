/// Connections to Services, made on the node itself: whether a proxy has them.
struct ServiceProbes: Sendable {
  private let names: [SocketName]

  init(_ names: [SocketName]) { self.names = names }

  /// The first of the benchmark's Services, the last, and some sixty between them.
  init(services: Int) {
    let step = max(1, services / 64)
    let indices = Array(stride(from: 0, to: services, by: step)) + [services - 1]
    self.init(indices.map { SocketName(BenchNetworks.clusterIP($0), port: UInt16(BenchObjects.port)) })
  }

  /// Whether every connection is accepted.
  func allAnswer() throws -> Bool {
    for name in names {
      let socket = try TCPSocket()
      defer { socket.abort() }
      socket.setTimeout(.milliseconds(500))
      guard socket.connect(to: name) == 0 else { return false }
    }
    return true
  }
}
