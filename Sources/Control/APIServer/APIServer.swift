import KubeAPI
public import KubeClient
public import Logging
import NIOCore
import Synchronization
public import Telemetry

/// The Kubernetes API over a ``Store``, apart from any wire: a request goes in, a response comes out.
///
/// ``transport(as:)`` serves clients in the same process, ``HTTPServer`` those on the network.
public final class APIServer: Sendable {
  /// What the server needs to know of its cluster.
  public struct Configuration: Sendable {
    /// Where services get their addresses from, IPv4.
    public var serviceCIDR: String
    public var nodePorts: ClosedRange<Int>
    /// How to reach kubelets; without it logs and exec are refused with 503.
    public var kubelet: KubeletConnection?
    /// The largest body of a request, in bytes.
    public var bodyLimit: Int

    public init(
      serviceCIDR: String = "10.96.0.0/16", nodePorts: ClosedRange<Int> = 30_000...32_767,
      kubelet: KubeletConnection? = nil, bodyLimit: Int = 3 * 1_024 * 1_024
    ) {
      self.serviceCIDR = serviceCIDR
      self.nodePorts = nodePorts
      self.kubelet = kubelet
      self.bodyLimit = bodyLimit
    }
  }

  let configuration: Configuration
  let schema: Schema
  let store: any Store
  let cache: WatchCache
  let authorizer: any Authorizer
  let services: ServiceAllocator
  let kubelets: KubeletClient?
  let metrics: MetricsRegistry
  let apiMetrics: APIMetrics
  let health: HealthChecks
  let logger: Logger
  let documents: APIDocuments

  /// - Throws: a configuration error where the service CIDR cannot be read.
  public init(
    store: any Store, configuration: Configuration = Configuration(), metrics: MetricsRegistry = MetricsRegistry(),
    health: HealthChecks = HealthChecks(), logger: Logger
  ) throws {
    self.store = store
    self.configuration = configuration
    self.logger = logger
    self.metrics = metrics
    self.health = health
    schema = Schema.builtin.serving(APIServer.serves)
    documents = APIDocuments(schema: schema)
    cache = WatchCache(store: store, logger: logger)
    authorizer = AuthorizerChain(authorizers: [BaseAuthorizer()])
    services = try ServiceAllocator(serviceCIDR: configuration.serviceCIDR, nodePorts: configuration.nodePorts)
    kubelets = try configuration.kubelet.map { try KubeletClient($0) }
    apiMetrics = APIMetrics(metrics, cache: cache)
  }

  /// Reads the store; requests are served from then on.
  public func start() async throws {
    try await cache.start()
    services.load(cache.list("services").objects.map(\.json))
  }

  /// Ends watches, so that their connections close.
  public func stop() async {
    cache.stop()
    await kubelets?.shutdown()
  }

  /// What of the schema this server has handlers for. The rest is absent from discovery and answers 404.
  private static func serves(_ resource: Schema.Resource, _ subresource: String?) -> Bool {
    switch subresource {
    case nil:
      if resource.groupResource == "bindings" { return false }
      return resource.verbs.contains("get") || reviews.contains(resource.groupResource)
    case let name?: return servedSubresources.contains(name)
    }
  }

  private static let servedSubresources: Set<String> = [
    "status", "scale", "binding", "eviction", "finalize", "log", "exec", "attach", "portforward", "ephemeralcontainers",
  ]
  static let reviews: Set<String> = [
    "selfsubjectaccessreviews.authorization.k8s.io", "selfsubjectreviews.authentication.k8s.io",
  ]

  /// Answers one request. Errors are answers too.
  public func handle(_ request: KubeRequest, user: User) async -> KubeResponse {
    let start = ContinuousClock.now
    let query = RequestQuery(request.query)
    var verb = request.method
    var resource = ""
    var response: KubeResponse
    do throws(StatusError) {
      let info = try RequestInfo(method: request.method, path: request.path, isWatch: query.flag("watch"))
      verb = info.verb.rawValue
      resource = info.resource?.resource ?? ""
      guard await authorizer.allows(user, info) ?? false else {
        throw .denied(user, info)
      }
      if let path = info.resource {
        response = try await serve(try objectRequest(request, info, path, query, user))
      } else {
        response = try await serveDocument(request, info)
      }
    } catch {
      if error.code >= 500 {
        logger.warning(
          "request failed",
          metadata: ["method": "\(request.method)", "path": "\(request.path)", "error": "\(error.message)"])
      }
      response = Self.response(error)
    }
    apiMetrics.record(verb: verb, resource: resource, code: response.status, since: start)
    return response
  }

  private func objectRequest(
    _ request: KubeRequest, _ info: RequestInfo, _ path: RequestInfo.ResourcePath, _ query: RequestQuery,
    _ user: User
  ) throws(StatusError) -> ObjectRequest {
    guard let resource = schema.resource(group: path.group, version: path.version, resource: path.resource) else {
      throw .unknownPath()
    }
    var subresource: Schema.Subresource?
    if !path.subresource.isEmpty {
      guard let found = resource.subresource(path.subresource) else { throw .unknownPath() }
      subresource = found
    }
    if !resource.isNamespaced, !path.namespace.isEmpty { throw .unknownPath() }
    let named = !path.name.isEmpty
    if resource.isNamespaced, path.namespace.isEmpty, named { throw .unknownPath() }
    return ObjectRequest(
      info: info, path: path, resource: resource, subresource: subresource, query: query, user: user, request: request)
  }

  private func serve(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let verbs = request.subresource?.verbs ?? request.resource.verbs
    let verb = request.info.verb
    // GET and POST of exec, attach and portforward are the same.
    guard verbs.contains(verb.rawValue) else { throw .methodNotAllowed(request.name) }
    if request.subresource == nil, APIServer.reviews.contains(request.resource.groupResource) {
      return try await review(request)
    }
    if let subresource = request.subresource { return try await serve(request, subresource: subresource.name) }
    switch verb {
    case .get: return try get(request)
    case .list: return try await list(request)
    case .watch: return try await watch(request)
    case .create: return try await create(request)
    case .update: return try await update(request)
    case .patch: return try await patch(request)
    case .delete: return try await delete(request)
    case .deletecollection: return try await deleteCollection(request)
    }
  }

  private func serve(_ request: ObjectRequest, subresource: String) async throws(StatusError) -> KubeResponse {
    switch subresource {
    case "status", "ephemeralcontainers":
      switch request.info.verb {
      case .get: return try get(request)
      case .update: return try await update(request)
      default: return try await patch(request)
      }
    case "scale": return try await scale(request)
    case "binding": return try await bind(request)
    case "eviction": return try await evict(request)
    case "finalize": return try await update(request)
    case "log": return try await log(request)
    default:
      // Reached only without an upgraded connection: the HTTP server takes the others.
      throw .badRequest("unable to upgrade: the request has no Upgrade header")
    }
  }

  static func response(_ error: StatusError) -> KubeResponse {
    var headers = [(name: "Content-Type", value: "application/json")]
    if let seconds = error.details?.retryAfterSeconds { headers.append((name: "Retry-After", value: "\(seconds)")) }
    return KubeResponse(
      status: error.code, headers: headers, body: .bytes(ByteBuffer(bytes: error.status.json.bytes)))
  }
}

extension APIServer {
  /// A transport for clients in this process. Requests have the rights of `user`.
  public func transport(as user: User = .loopback) -> any KubeTransport {
    InProcessTransport(server: self, user: user)
  }
}

private struct InProcessTransport: KubeTransport {
  let server: APIServer
  let user: User

  func send(_ request: KubeRequest) async throws -> KubeResponse { await server.handle(request, user: user) }

  func shutdown() async throws {}
}
