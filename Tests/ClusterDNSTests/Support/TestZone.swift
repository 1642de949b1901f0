import KubeAPI
import KubeClient
import Logging
import Netlink
import Telemetry

@testable import ClusterDNS

/// A zone without sockets: objects go in, queries are answered.
struct TestZone: ~Copyable {
  let zone: ClusterZone
  var answerer: Answerer
  let reader: SnapshotStore.Reader

  static func settings(_ podNames: PodNames = .insecure, reverse: [String] = []) throws -> AnswerSettings {
    let name = try require(WireName("cluster.local"))
    return try require(
      AnswerSettings(
        zone: name, ttl: 5, echoesPodNames: podNames == .insecure, reverseZones: reverse.compactMap { WireName($0) },
        version: "skiff-test", identity: "node-1"))
  }

  init(_ podNames: PodNames = .insecure, reverse: [String] = []) throws {
    let settings = try Self.settings(podNames, reverse: reverse)
    let planner = try require(ZonePlanner(zone: settings.zone, podNames: podNames))
    zone = ClusterZone(
      planner, servers: [IPAddress(10, 96, 0, 10)], metrics: DNSMetrics(MetricsRegistry(), zone: settings.zone),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    answerer = Answerer(settings)
    reader = zone.store.makeReader()
  }

  deinit { zone.store.remove(reader) }

  func load(
    _ services: [KubeAPI.Service], _ slices: [EndpointSlice] = [], namespaces: [String] = ["default", "kube-system"]
  ) async {
    var facts: [ObjectKey: ServiceFacts] = [:]
    for service in services { facts[service.key] = ServiceFacts(service) }
    var sliceFacts: [ObjectKey: SliceFacts] = [:]
    for slice in slices { sliceFacts[slice.key] = SliceFacts(slice) }
    await zone.handle(services: .page(InformerPage(facts)))
    await zone.handle(slices: .page(InformerPage(sliceFacts)))
    var names: [ObjectKey: Bool] = [:]
    for name in namespaces { names[ObjectKey(name: name)] = true }
    await zone.handle(namespaces: .replaced(names))
  }

  mutating func outcome(_ packet: [UInt8], isTCP: Bool = false) -> (Outcome, [UInt8]) {
    var reply = [UInt8](repeating: 0xaa, count: isTCP ? 65_535 : 1232)
    let snapshot = reader.enter()
    defer { reader.leave() }
    let outcome = packet.withUnsafeBytes { packet in
      reply.withUnsafeMutableBytes { buffer in
        answerer.answer(packet, snapshot, into: buffer.baseAddress.unsafelyUnwrapped, isTCP: isTCP)
      }
    }
    if case .reply(let size) = outcome { return (outcome, Array(reply[..<size])) }
    return (outcome, [])
  }

  mutating func ask(_ ask: Ask, isTCP: Bool = false) throws -> Message {
    let (outcome, bytes) = outcome(ask.bytes, isTCP: isTCP)
    guard case .reply = outcome else { throw Message.Malformed(reason: "no answer: \(outcome)") }
    return try Message(bytes)
  }

  mutating func ask(_ name: String, _ type: String = "A") throws -> Message {
    try ask(Ask(name: name, type: Ask.type(type)))
  }
}

extension InformerPage {
  /// A list of one page.
  init(_ objects: [ObjectKey: Element]) { self.init(objects.map { ($0.key, $0.value) }) }
}

struct MissingValue: Error {}

func require<T>(_ value: T?) throws -> T {
  guard let value else { throw MissingValue() }
  return value
}

/// Objects as the API server would hand them out.
enum Objects {
  static func service(
    _ name: String, in namespace: String = "default", ips: [String], ports: [(String, String, Int32)] = []
  ) -> KubeAPI.Service {
    KubeAPI.Service(name, in: namespace) { service in
      service.spec.type = "ClusterIP"
      service.spec.clusterIP = ips.first
      service.spec.clusterIPs = ips
      service.spec.ports = ports.map { name, transport, number in
        var port = ServicePort(json: [:])
        if !name.isEmpty { port.name = name }
        port.protocol = transport
        port.port = number
        return port
      }
    }
  }

  static func external(_ name: String, _ target: String, in namespace: String = "default") -> KubeAPI.Service {
    KubeAPI.Service(name, in: namespace) { service in
      service.spec.type = "ExternalName"
      service.spec.externalName = target
    }
  }

  static func slice(
    _ service: String, in namespace: String = "default", suffix: String = "x", type: String = "IPv4",
    _ endpoints: [(address: String, hostname: String?, ready: Bool?)], ports: [(String, String, Int32)] = []
  ) -> EndpointSlice {
    EndpointSlice("\(service)-\(suffix)", in: namespace) { slice in
      slice.metadata.labels = ["kubernetes.io/service-name": service]
      slice.addressType = type
      slice.endpoints = endpoints.map { address, hostname, ready in
        var endpoint = Endpoint(json: [:])
        endpoint.addresses = [address]
        endpoint.hostname = hostname
        if let ready {
          var conditions = EndpointConditions(json: [:])
          conditions.ready = ready
          endpoint.conditions = conditions
        }
        return endpoint
      }
      slice.ports = ports.map { name, transport, number in
        var port = DiscoveryEndpointPort(json: [:])
        if !name.isEmpty { port.name = name }
        port.protocol = transport
        port.port = number
        return port
      }
    }
  }
}
