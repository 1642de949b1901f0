import AsyncHTTPClient
import KubeAPI
import KubeClient
import NIOCore
import NIOHTTP1

/// What the server fetches from, or passes on to, the kubelet of a pod's node.
extension APIServer {
  func log(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let pod = Pod(json: try found(request).json)
    let container = try container(of: pod, request)
    let (kubelets, address) = try kubelet(of: pod)
    let passed = [
      "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream",
    ]
    var query: [(name: String, value: String)] = []
    for name in passed { if let value = request.query[name] { query.append((name, value)) } }
    let path = Self.kubeletPath("containerLogs", pod, container, query)
    let response: HTTPClientResponse
    do {
      response = try await kubelets.get(address, path)
    } catch {
      throw .internalError("Get \"https://\(address.authority)\(path)\": \(error)")
    }
    if response.status.code >= 300 {
      var text = "\(response.status)"
      if let body = try? await response.body.collect(upTo: 64 * 1_024) {
        text = String(decoding: body.readableBytesView, as: UTF8.self)
      }
      throw StatusError(
        code: Int(response.status.code), reason: response.status.code == 404 ? "NotFound" : "BadRequest",
        message: text, details: request.name.details(request.path.name))
    }
    let body = KubeletBody(response.body)
    let stream = AsyncThrowingStream<ByteBuffer, any Error> { try await body.next() }
    return KubeResponse(
      status: 200, headers: [(name: "Content-Type", value: "text/plain; charset=utf-8")], body: .stream(stream))
  }

  /// The container that a request means: the one it names, the annotated one, or the only one.
  private func container(of pod: Pod, _ request: ObjectRequest) throws(StatusError) -> String {
    let names = pod.spec.containers.compactMap(\.name)
    let others =
      pod.spec.initContainers.compactMap(\.name)
      + (pod.json[path: "spec", "ephemeralContainers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    let name = request.query["container"] ?? ""
    if name.isEmpty {
      if let named = pod.metadata.annotations["kubectl.kubernetes.io/default-container"], names.contains(named) {
        return named
      }
      guard names.count == 1 else {
        throw .badRequest(
          "a container name must be specified for pod \(request.path.name), choose one of: [\(names.joined(separator: " "))]"
        )
      }
      return names[0]
    }
    guard names.contains(name) || others.contains(name) else {
      throw .badRequest("container \(name) is not valid for pod \(request.path.name)")
    }
    return name
  }

  private func kubelet(of pod: Pod) throws(StatusError) -> (KubeletClient, KubeletAddress) {
    let name = pod.metadata.name ?? ""
    guard let node = pod.spec.nodeName, !node.isEmpty else {
      throw .badRequest("pod \(name) does not have a host assigned")
    }
    guard let kubelets else {
      throw .unavailable("this server has no credentials for kubelets: logs and exec are not served")
    }
    guard let object = cache.get("nodes", node), let address = KubeletAddress(object.json) else {
      throw .internalError("node \"\(node)\" of pod \(name) has no address")
    }
    return (kubelets, address)
  }

  static func kubeletPath(
    _ action: String, _ pod: Pod, _ container: String?, _ query: [(name: String, value: String)]
  ) -> String {
    var parts = [action, pod.metadata.namespace ?? "", pod.metadata.name ?? ""]
    if let container { parts.append(container) }
    let path = "/" + parts.map { PercentEncoding.encode($0, keeping: "") }.joined(separator: "/")
    return query.isEmpty ? path : path + "?" + PercentEncoding.query(query)
  }

  // MARK: Upgraded connections

  /// Where an upgraded connection goes.
  struct Tunnel: Sendable {
    var kubelets: KubeletClient
    var address: KubeletAddress
    /// Path and query on the kubelet.
    var uri: String
    /// Headers of the request to the kubelet.
    var headers: [(name: String, value: String)]
  }

  /// Whether a request wants its connection for something else than HTTP.
  static func isUpgrade(_ request: KubeRequest) -> Bool {
    let path = request.path
    return request.headers.contains { $0.name.lowercased() == "upgrade" }
      && ["/exec", "/attach", "/portforward"].contains { path.hasSuffix($0) }
  }

  /// Finds the kubelet for exec, attach and portforward.
  ///
  /// The connection is passed on byte for byte, so a protocol is accepted only if the runtime behind the kubelet can
  /// speak it: SPDY/3.1, and WebSocket up to version 4. A client that offers only version 5, as kubectl does from 1.31
  /// on, is refused, upon which it falls back to SPDY.
  func tunnel(_ request: KubeRequest, user: User) async throws(StatusError) -> Tunnel {
    let query = RequestQuery(request.query)
    let info = try RequestInfo(method: request.method, path: request.path, isWatch: false)
    guard await authorizer.allows(user, info) ?? false else { throw .denied(user, info) }
    guard let path = info.resource, path.group.isEmpty, path.resource == "pods", !path.namespace.isEmpty,
      let resource = schema.resource(group: "", version: path.version, resource: "pods"),
      let subresource = resource.subresource(path.subresource)
    else { throw .unknownPath() }
    guard subresource.verbs.contains(info.verb.rawValue) else { throw .methodNotAllowed(ResourceName(resource)) }
    let object = ObjectRequest(
      info: info, path: path, resource: resource, subresource: subresource, query: query, user: user, request: request)
    let pod = Pod(json: try found(object).json)
    let headers = try Self.tunnelHeaders(request)
    var passed: [(name: String, value: String)] = []
    var container: String?
    if path.subresource == "portforward" {
      for port in query.all("ports") { passed.append(("port", port)) }
    } else {
      container = try self.container(of: pod, object)
      for (name, its) in [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")]
      where query.flag(name) {
        passed.append((its, "1"))
      }
      if passed.isEmpty { throw .badRequest("you must specify at least 1 of stdin, stdout, stderr") }
      for word in query.all("command") { passed.append(("command", word)) }
      if path.subresource == "exec", query.all("command").isEmpty {
        throw .badRequest("you must specify a command for the container")
      }
    }
    let (kubelets, address) = try kubelet(of: pod)
    let action = path.subresource == "portforward" ? "portForward" : path.subresource
    return Tunnel(
      kubelets: kubelets, address: address, uri: Self.kubeletPath(action, pod, container, passed), headers: headers)
  }

  private static func tunnelHeaders(_ request: KubeRequest) throws(StatusError) -> [(name: String, value: String)] {
    let dropped: Set<String> = ["host", "authorization", "content-length", "transfer-encoding", "accept-encoding"]
    var headers = request.headers.filter { !dropped.contains($0.name.lowercased()) }
    let upgrade = headers.first { $0.name.lowercased() == "upgrade" }?.value.lowercased() ?? ""
    guard upgrade == "websocket" else { return headers }
    let offered = headers.filter { $0.name.lowercased() == "sec-websocket-protocol" }
      .flatMap { $0.value.split(separator: ",").map { $0.split(separator: " ").joined() } }
    let spoken = offered.filter { $0 != "v5.channel.k8s.io" && !$0.hasPrefix("SPDY/3.1+") }
    if spoken.isEmpty, !offered.isEmpty {
      throw .badRequest(
        "unable to upgrade: none of the offered protocols is served: \(offered.joined(separator: ", "))")
    }
    headers.removeAll { $0.name.lowercased() == "sec-websocket-protocol" }
    if !spoken.isEmpty { headers.append(("Sec-WebSocket-Protocol", spoken.joined(separator: ", "))) }
    return headers
  }
}

/// Gives out a kubelet's answer piece by piece to whoever asks for the next.
///
/// A stream that unfolds asks for the next piece only when it has the last.
private final class KubeletBody: @unchecked Sendable {  // one caller at a time, as said
  private var iterator: HTTPClientResponse.Body.AsyncIterator

  init(_ body: HTTPClientResponse.Body) { iterator = body.makeAsyncIterator() }

  func next() async throws -> ByteBuffer? { try await iterator.next() }
}
