import KubeAPI
import Netlink
import Telemetry

/// Connections that began, by Service and by endpoint. A count in the kernel goes with its element; a total stays.
struct ConnectionTotals: Sendable {
  /// An element's count, as it was read.
  struct Reading: Sendable, Hashable {
    var frontend: FrontendKey
    var target: EndpointTarget
    var connections: UInt64
  }

  private struct Endpoint: Hashable {
    var frontend: FrontendKey
    var target: EndpointTarget
  }

  private struct Port: Hashable {
    var service: ObjectKey
    var frontend: FrontendKey
  }

  private var owners: [FrontendKey: ObjectKey] = [:]
  private var frontends: [ObjectKey: [FrontendKey]] = [:]
  private var endpoints: [Endpoint: (last: UInt64, total: UInt64)] = [:]
  private var ports: [Port: UInt64] = [:]

  /// A Service has these frontends now. Of those that it has no longer, the totals end.
  mutating func set(_ service: ObjectKey, _ keys: [FrontendKey]) {
    for key in frontends[service] ?? [] where owners[key] == service && !keys.contains(key) {
      owners[key] = nil
      ports[Port(service: service, frontend: key)] = nil
    }
    for key in keys { owners[key] = service }
    frontends[service] = keys.isEmpty ? nil : keys
  }

  /// Takes all that the kernel counts now. What it counted between the last reading and an element's end is lost.
  mutating func take(_ readings: some Sequence<Reading>) {
    var present: [Endpoint: (last: UInt64, total: UInt64)] = [:]
    for reading in readings {
      guard let service = owners[reading.frontend] else { continue }
      let endpoint = Endpoint(frontend: reading.frontend, target: reading.target)
      let known = endpoints[endpoint] ?? (0, 0)
      // Less than before: the element was made anew.
      let more = reading.connections >= known.last ? reading.connections - known.last : reading.connections
      present[endpoint] = (reading.connections, known.total + more)
      ports[Port(service: service, frontend: reading.frontend), default: 0] += more
    }
    endpoints = present
  }

  var snapshots: [MetricSnapshot] {
    func labels(_ service: ObjectKey, _ frontend: FrontendKey) -> [(name: String, value: String)] {
      [("namespace", service.namespace), ("service", service.name), ("frontend", "\(frontend)")]
    }
    return [
      MetricSnapshot(
        name: "skiff_proxy_service_connections_total", help: "Connections that began, by frontend of a Service.",
        kind: .counter,
        samples: ports.map {
          MetricSnapshot.Sample(labels: labels($0.key.service, $0.key.frontend), value: Double($0.value))
        }),
      MetricSnapshot(
        name: "skiff_proxy_endpoint_connections_total",
        help: "Connections that began, by frontend of a Service and endpoint.", kind: .counter,
        samples: endpoints.compactMap { endpoint, count in
          owners[endpoint.frontend].map { service in
            MetricSnapshot.Sample(
              labels: labels(service, endpoint.frontend) + [("endpoint", "\(endpoint.target)")],
              value: Double(count.total))
          }
        }),
    ]
  }
}
