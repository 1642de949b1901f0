import KubeAPI
import KubeClientTesting
import Netlink
import Telemetry
import Testing

@testable import ServiceProxy

/// The whole proxy, from an API server in memory to the kernel, in a network namespace of its own.
struct RunningProxy {
  let namespace: NetworkNamespace
  let api: FakeAPI
  let metrics = MetricsRegistry()
  let health = HealthChecks()
  let log = RecordedLog()
  let socket: NFTablesSocket

  /// - Parameters:
  ///   - namespace: nil for a new one.
  ///   - body: runs beside the proxy, which ends with it.
  static func with(
    _ api: FakeAPI, in namespace: NetworkNamespace? = nil,
    _ configure: (inout Proxy.Configuration) throws -> Void = { _ in }, _ body: (RunningProxy) async throws -> Void
  ) async throws {
    let namespace = try namespace ?? NetworkNamespace.make()
    let running = RunningProxy(namespace: namespace, api: api, socket: try Kernel.socket(namespace))
    var configuration = Proxy.Configuration(
      nodeName: "node-1", clusterCIDRs: [try prefix("10.244.0.0/16")], serviceCIDRs: [try prefix("10.96.0.0/16")],
      setsServiceRoute: false)
    configuration.namespace = namespace
    try configure(&configuration)
    let proxy = Proxy(
      configuration: configuration, client: api.client, metrics: running.metrics, health: running.health,
      logger: running.log.logger)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do { try await proxy.run() } catch { Issue.record(error, "the proxy ended") }
      }
      do {
        try await body(running)
      } catch {
        Issue.record(error, "the log: \(running.log.lines.joined(separator: "\n"))")
      }
      group.cancelAll()
    }
  }

  /// How many elements a set of the proxy's table has; 0 where there is no such set.
  func count(_ set: String) -> Int { (try? socket.elements(of: set, in: Ruleset.table).count) ?? 0 }

  @discardableResult
  func run(_ arguments: String...) throws -> String { try run(arguments) }

  @discardableResult
  func run(_ arguments: [String]) throws -> String { try Kernel.run(namespace, arguments) }

  /// The sum of a metric's series whose labels have all of `parts`.
  func metric(_ name: String, _ parts: String...) -> Double {
    metrics.text().split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix("\(name) ") || line.hasPrefix("\(name){"), parts.allSatisfy({ line.contains($0) }),
        let value = line.split(separator: " ").last.flatMap({ Double($0) })
      else { return sum }
      return sum + value
    }
  }

  /// Waits until everything that is there was programmed.
  func synced() async throws {
    try await eventually("the proxy has synced") { await health.answer(path: "/readyz", verbose: false)?.text == "ok" }
  }

  /// Warnings that were written as Events: `default/web InvalidService: …`.
  var warnings: [String] {
    api.stored(Event.self).filter { $0.type == "Warning" }.map { event in
      let object = event.involvedObject
      return "\(object?.namespace ?? "")/\(object?.name ?? "") \(event.reason ?? ""): \(event.message ?? "")"
    }
  }
}

/// Waits for a condition; fails after a minute, which a loaded machine may need.
func eventually(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while ContinuousClock.now < deadline {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(5))
  }
  Issue.record(what, sourceLocation: sourceLocation)
}

extension Node {
  /// `node-1` with one address.
  static func own(_ address: String = "192.0.2.1", _ fill: (inout Node) -> Void = { _ in }) -> Node {
    Node("node-1") { node in
      node.status.addresses = [
        NodeAddress {
          $0.type = "InternalIP"
          $0.address = address
        }
      ]
      fill(&node)
    }
  }
}

extension KubeAPI.Service {
  /// `default/NAME` with one TCP port 80.
  static func web(
    _ name: String = "web", _ clusterIP: String = "10.96.0.10", _ fill: (inout KubeAPI.Service) -> Void = { _ in }
  ) -> KubeAPI.Service {
    KubeAPI.Service(name, in: "default") { service in
      service.spec.clusterIP = clusterIP
      service.spec.clusterIPs = [clusterIP]
      service.spec.ports = [ServicePort { $0.port = 80 }]
      fill(&service)
    }
  }
}

extension EndpointSlice {
  /// The one slice of `default/NAME`, whose endpoints serve port 8080.
  static func slice(
    _ addresses: [String], of name: String = "web", _ fill: (inout EndpointSlice) -> Void = { _ in }
  ) -> EndpointSlice {
    EndpointSlice("\(name)-1", in: "default") { slice in
      slice.metadata.labels = ["kubernetes.io/service-name": name]
      slice.addressType = "IPv4"
      slice.ports = [
        DiscoveryEndpointPort {
          $0.name = ""
          $0.port = 8080
        }
      ]
      slice.endpoints = addresses.map { address in Endpoint { $0.addresses = [address] } }
      fill(&slice)
    }
  }
}
