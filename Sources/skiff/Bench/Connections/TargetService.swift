import KubeAPI
import Netlink

/// The Service that connections are made to: of type NodePort, with a port for each kind of load.
struct TargetService: Sendable {
  /// What a pod does with a connection.
  enum Load: Int, CaseIterable, Sendable {
    /// Accepts and closes it.
    case accept
    /// Sends back what it receives.
    case echo
    /// Reads and throws away.
    case sink

    var name: String {
      switch self {
      case .accept: "accept"
      case .echo: "echo"
      case .sink: "sink"
      }
    }

    var port: UInt16 { 80 + UInt16(rawValue) }
    var podPort: UInt16 { 8080 + UInt16(rawValue) }
    var nodePort: UInt16 { 30_080 + UInt16(rawValue) }
  }

  static let name = "target"

  /// Its address; the other Services begin with the next.
  private let clusterIP = BenchNetworks.clusterIP(0)
  private let endpoints: Range<Int>

  /// - Parameter endpoints: their numbers.
  init(endpoints: Range<Int>) { self.endpoints = endpoints }

  /// Where a client connects to.
  func destination(_ path: ConnectionPath, _ load: Load) -> SocketName {
    switch path {
    case .direct: SocketName(BenchNetworks.endpoint(endpoints.lowerBound), port: load.podPort)
    case .clusterIP: SocketName(clusterIP, port: load.port)
    case .nodePort: SocketName(BenchNetworks.nodeAddress, port: load.nodePort)
    }
  }

  var service: KubeAPI.Service {
    KubeAPI.Service(Self.name, in: BenchObjects.namespace) { service in
      service.spec.type = "NodePort"
      service.spec.clusterIP = "\(clusterIP)"
      service.spec.clusterIPs = ["\(clusterIP)"]
      service.spec.ports = Load.allCases.map { load in
        ServicePort {
          $0.name = load.name
          $0.protocol = "TCP"
          $0.port = Int32(load.port)
          $0.targetPort = .int(Int32(load.podPort))
          $0.nodePort = Int32(load.nodePort)
        }
      }
    }
  }

  var slices: [EndpointSlice] {
    BenchObjects.slices(
      Self.name, endpoints.map { BenchObjects.endpoint($0) },
      ports: Load.allCases.map { ($0.name, Int32($0.podPort)) })
  }
}
