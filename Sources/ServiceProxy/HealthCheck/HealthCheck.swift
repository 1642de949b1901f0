import KubeAPI
import NIOHTTP1

/// What a load balancer that looks for nodes with endpoints is told of one Service: `spec.healthCheckNodePort`, which
/// Services of type LoadBalancer with `externalTrafficPolicy: Local` have.
struct HealthCheck: Sendable, Hashable {
  var port: UInt16
  /// Ready endpoints of the Service on this node.
  var localEndpoints: Int

  /// The answer: 200 where this node has endpoints and forwards to them, else 503. The shape is kube-proxy's.
  func answer(
    for service: ObjectKey, isProxyHealthy: Bool
  ) -> (status: HTTPResponseStatus, headers: [(String, String)], body: String) {
    let body: JSONValue = [
      "service": ["namespace": .string(service.namespace), "name": .string(service.name)],
      "localEndpoints": .integer(Int64(localEndpoints)), "serviceProxyHealthy": .bool(isProxyHealthy),
    ]
    return (
      localEndpoints > 0 && isProxyHealthy ? .ok : .serviceUnavailable,
      [
        ("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff"),
        // By which some load balancers share connections out among nodes.
        ("X-Load-Balancing-Endpoint-Weight", "\(localEndpoints)"),
      ], body.text
    )
  }
}
