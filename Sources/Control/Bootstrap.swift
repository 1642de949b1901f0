import KubeAPI
import KubeClient

/// The objects that every cluster has from its first moment.
struct Bootstrap: Sendable {
  let configuration: ControlPlane.Configuration
  let port: Int

  /// Makes what is missing, and puts right what is about this server.
  func run(_ client: KubeClient) async throws {
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
      try await create(Namespace(name), client)
    }
    try await create(kubernetesService, client)
    try await ensure(endpoints, client)
    try await ensure(endpointSlice, client)
    try await create(dnsService, client)
  }

  /// Looks before it creates: a service that is there already holds its address, which a second one cannot ask for.
  private func create<Object: KubeObject>(_ object: Object, _ client: KubeClient) async throws {
    do {
      _ = try await client.get(Object.self, object.key)
    } catch let error as APIError where error.isNotFound {
      _ = try await client.create(object)
    }
  }

  /// Creates an object, or replaces its content where the server's address has changed.
  private func ensure<Object: KubeObject>(_ object: Object, _ client: KubeClient) async throws {
    do {
      _ = try await client.create(object)
    } catch let error as APIError where error.isAlreadyExists {
      var wanted = object
      wanted.metadata.resourceVersion = try await client.get(Object.self, object.key).metadata.resourceVersion
      _ = try await client.update(wanted)
    }
  }

  private var kubernetesService: KubeAPI.Service {
    KubeAPI.Service("kubernetes", in: "default") { service in
      service.metadata.labels = ["component": "apiserver", "provider": "kubernetes"]
      service.spec.clusterIP = IPv4Block(configuration.serviceCIDR)?.text(at: 1)
      service.spec.ports = [
        ServicePort {
          $0.name = "https"
          $0.port = 443
          $0.protocol = "TCP"
          $0.targetPort = .int(Int32(port))
        }
      ]
    }
  }

  private var endpoints: Endpoints {
    Endpoints("kubernetes", in: "default") { endpoints in
      // The slice is written here too, so nobody needs to mirror it.
      endpoints.metadata.labels = ["endpointslice.kubernetes.io/skip-mirror": "true"]
      endpoints.subsets = [
        EndpointSubset {
          $0.addresses = [EndpointAddress { $0.ip = configuration.advertiseAddress }]
          $0.ports = [
            EndpointPort {
              $0.name = "https"
              $0.port = Int32(port)
              $0.protocol = "TCP"
            }
          ]
        }
      ]
    }
  }

  private var endpointSlice: EndpointSlice {
    EndpointSlice("kubernetes", in: "default") { slice in
      slice.metadata.labels = ["kubernetes.io/service-name": "kubernetes"]
      slice.addressType = configuration.advertiseAddress.contains(":") ? "IPv6" : "IPv4"
      slice.endpoints = [
        Endpoint {
          $0.addresses = [configuration.advertiseAddress]
          $0.conditions = EndpointConditions { $0.ready = true }
        }
      ]
      slice.ports = [
        DiscoveryEndpointPort {
          $0.name = "https"
          $0.port = Int32(port)
          $0.protocol = "TCP"
        }
      ]
    }
  }

  /// Without a selector: every node answers this address itself.
  private var dnsService: KubeAPI.Service {
    KubeAPI.Service("kube-dns", in: "kube-system") { service in
      service.metadata.labels = ["k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true"]
      service.spec.clusterIP = configuration.clusterDNSAddress
      service.spec.ports = [("dns", "UDP"), ("dns-tcp", "TCP")].map { name, transport in
        ServicePort {
          $0.name = name
          $0.port = 53
          $0.protocol = transport
          $0.targetPort = .int(53)
        }
      }
    }
  }
}
