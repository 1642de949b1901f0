import KubeAPI

/// The endpoints that a service has now, from its pods alone.
struct ServiceEndpoints: Sendable {
  static let headlessLabel = "service.kubernetes.io/headless"

  struct Port: Sendable, Hashable {
    var name: String
    var transport: String
    /// `nil` for the placeholder of a service without ports.
    var number: Int32?
    var application: String?
  }

  /// One address of one pod.
  struct Member: Sendable {
    var uid: String
    var endpoint: Endpoint
  }

  /// `IPv4`, `IPv6`.
  var families: [String] = []
  /// By family, then by the ports that the pods have. A pod whose named port is missing has fewer ports than others.
  var members: [String: [[Port]: [Member]]] = [:]

  /// - Parameter zones: the zone of each node that has one.
  init(_ service: KubeAPI.Service, pods: [Pod], zone: (String) -> String?) {
    families = service.spec.ipFamilies
    if families.isEmpty {
      let found = Set(pods.flatMap { Self.addresses($0) }.map(Self.family))
      families = found.isEmpty ? ["IPv4"] : found.sorted()
    }
    for family in families { members[family] = [:] }
    for pod in pods.sorted(by: { $0.key < $1.key }) where !pod.isFinished {
      let ports = Self.ports(of: service, pod: pod)
      for family in families {
        guard let address = Self.addresses(pod).first(where: { Self.family($0) == family }) else { continue }
        let endpoint = Self.endpoint(address, pod, service, zone: pod.nodeName.flatMap(zone))
        members[family]?[ports, default: []].append(Member(uid: pod.metadata.uid ?? "", endpoint: endpoint))
      }
    }
  }

  static func family(_ address: String) -> String { address.contains(":") ? "IPv6" : "IPv4" }

  static func addresses(_ pod: Pod) -> [String] {
    let all = pod.status.podIPs.compactMap(\.ip)
    return all.isEmpty ? pod.status.podIP.map { $0.isEmpty ? [] : [$0] } ?? [] : all
  }

  private static func endpoint(
    _ address: String, _ pod: Pod, _ service: KubeAPI.Service, zone: String?
  ) -> Endpoint {
    let isServing = pod.isReady
    let isTerminating = pod.isTerminating
    return Endpoint {
      $0.addresses = [address]
      $0.conditions = EndpointConditions {
        $0.ready = service.spec.publishNotReadyAddresses == true || (isServing && !isTerminating)
        $0.serving = isServing
        $0.terminating = isTerminating
      }
      if let hostname = pod.spec.hostname, !hostname.isEmpty, pod.spec.subdomain == service.metadata.name {
        $0.hostname = hostname
      }
      $0.nodeName = pod.nodeName
      $0.zone = zone
      $0.targetRef = ObjectReference {
        $0.kind = Pod.resource.kind
        $0.namespace = pod.metadata.namespace
        $0.name = pod.metadata.name
        $0.uid = pod.metadata.uid
      }
    }
  }

  /// The ports of a pod that answer for the service's. A named target is looked up in the pod's containers.
  static func ports(of service: KubeAPI.Service, pod: Pod) -> [Port] {
    service.spec.ports.compactMap { port in
      let transport = port.protocol ?? "TCP"
      let number: Int32?
      switch port.targetPort {
      case .int(0)?, nil: number = port.port
      case .int(let value)?: number = value
      case .string(let name)?:
        let spec = pod.spec
        let running = spec.containers + spec.initContainers.filter { $0.restartPolicy == "Always" }
        number =
          running.flatMap(\.ports).first { $0.name == name && ($0.protocol ?? "TCP") == transport }?
          .containerPort
      }
      guard let number else { return nil }
      return Port(name: port.name ?? "", transport: transport, number: number, application: port.appProtocol)
    }
  }

  /// The labels that a service's endpoints carry, beside those of whoever writes them.
  static func labels(of service: KubeAPI.Service) -> [String: String] {
    var labels = service.metadata.labels
    labels[headlessLabel] = service.spec.clusterIP == "None" ? "" : nil
    return labels
  }
}
