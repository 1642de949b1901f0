import KubeAPI
import Netlink

/// The Services and EndpointSlices of a benchmark, as a control plane writes them.
struct BenchObjects: Sendable {
  /// Of each Service.
  let endpoints: Int

  static let namespace = "bench"
  static let port: Int32 = 80
  static let targetPort: Int32 = 8080
  /// As many endpoints the endpoint slice controller puts into one slice.
  static let sliceSize = 100
  /// One endpoint in so many runs on the node of the benchmark.
  private static let nodes = 500

  static func node() -> KubeAPI.Node {
    KubeAPI.Node(BenchNetworks.node) { node in
      node.status.addresses = [
        NodeAddress {
          $0.type = "InternalIP"
          $0.address = "\(BenchNetworks.nodeAddress)"
        }
      ]
    }
  }

  static func name(_ index: Int) -> String { "service-\(index)" }

  func service(_ index: Int) -> KubeAPI.Service {
    KubeAPI.Service(Self.name(index), in: Self.namespace) { service in
      service.spec.clusterIP = "\(BenchNetworks.clusterIP(index))"
      service.spec.clusterIPs = ["\(BenchNetworks.clusterIP(index))"]
      service.spec.ports = [
        ServicePort {
          $0.name = "http"
          $0.protocol = "TCP"
          $0.port = Self.port
          $0.targetPort = .int(Self.targetPort)
        }
      ]
    }
  }

  /// All endpoints of a Service, ready.
  func endpoints(of index: Int) -> [Endpoint] {
    (0..<endpoints).map { Self.endpoint(index * endpoints + $0) }
  }

  static func endpoint(_ number: Int, isReady: Bool = true) -> Endpoint {
    Endpoint { endpoint in
      endpoint.addresses = ["\(BenchNetworks.endpoint(number))"]
      endpoint.conditions = EndpointConditions {
        $0.ready = isReady
        $0.serving = isReady
        $0.terminating = false
      }
      let place = number % Self.nodes
      endpoint.nodeName = place == 0 ? BenchNetworks.node : "node-\(place)"
      endpoint.targetRef = ObjectReference {
        $0.kind = "Pod"
        $0.namespace = Self.namespace
        $0.name = "pod-\(number)"
      }
    }
  }

  /// The slices of a Service.
  func slices(_ index: Int) -> [EndpointSlice] {
    Self.slices(Self.name(index), endpoints(of: index), ports: [("http", Self.targetPort)])
  }

  static func slices(
    _ service: String, _ endpoints: [Endpoint], ports: [(name: String, port: Int32)]
  ) -> [EndpointSlice] {
    let starts = endpoints.isEmpty ? [0] : Array(stride(from: 0, to: endpoints.count, by: sliceSize))
    return starts.enumerated().map { number, start in
      slice(service, number, Array(endpoints[start..<min(start + sliceSize, endpoints.count)]), ports: ports)
    }
  }

  static func slice(
    _ service: String, _ number: Int, _ endpoints: [Endpoint], ports: [(name: String, port: Int32)]
  ) -> EndpointSlice {
    EndpointSlice("\(service)-\(number)", in: namespace) { slice in
      slice.metadata.labels = [
        "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "skiff-bench",
      ]
      slice.addressType = "IPv4"
      slice.ports = ports.map { port in
        DiscoveryEndpointPort {
          $0.name = port.name
          $0.protocol = "TCP"
          $0.port = port.port
        }
      }
      slice.endpoints = endpoints
    }
  }
}
