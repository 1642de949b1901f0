import KubeAPI
import KubeClient
import NIOCore
import Telemetry

extension APIServer {
  /// Answers what is no resource: discovery, OpenAPI, version, health, metrics.
  func serveDocument(_ request: KubeRequest, _ info: RequestInfo) async throws(StatusError) -> KubeResponse {
    guard info.verb == .get else { throw .methodNotAllowed(nil) }
    let parts = request.path.split(separator: "/").map(String.init)
    switch parts.first {
    case nil: return try json(["paths": .array(paths.map { .string($0) })])
    case "api"?, "apis"?: return try discovery(parts, request)
    case "openapi"?: return try openAPI(parts, request)
    case "version"? where parts.count == 1: return try json(APIDocuments.versionDocument)
    case "metrics"? where parts.count == 1:
      return KubeResponse(
        status: 200, headers: [(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")],
        body: .bytes(ByteBuffer(string: metrics.text())))
    default:
      let isVerbose = RequestQuery(request.query)["verbose"] != nil
      guard let answer = await health.answer(path: request.path, verbose: isVerbose) else { throw .unknownPath() }
      return KubeResponse(
        status: answer.status, headers: [(name: "Content-Type", value: answer.contentType)],
        body: .bytes(ByteBuffer(string: answer.text)))
    }
  }

  private var paths: [String] {
    var paths = ["/api", "/api/v1", "/apis"]
    for group in documents.discovery.groups { paths.append("/apis/\(group)") }
    for version in schema.groupVersions where !version.group.isEmpty { paths.append("/apis/\(version)") }
    return paths + ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
  }

  private func json(_ value: JSONValue, type: String = "application/json") throws(StatusError) -> KubeResponse {
    KubeResponse(
      status: 200, headers: [(name: "Content-Type", value: type)], body: .bytes(ByteBuffer(bytes: value.bytes)))
  }

  private func accept(_ request: KubeRequest) -> [MediaType] {
    MediaType.accepted(request.headers.first { $0.name.lowercased() == "accept" }?.value ?? "*/*")
  }

  private func discovery(_ parts: [String], _ request: KubeRequest) throws(StatusError) -> KubeResponse {
    let documents = documents.discovery
    switch (parts[0], parts.count) {
    case ("api", 1), ("apis", 1):
      if let response = aggregated(isCore: parts[0] == "api", request) { return response }
      let host = request.headers.first { $0.name.lowercased() == "host" }?.value ?? ""
      return try json(parts[0] == "api" ? documents.coreVersions(serverAddress: host) : documents.groupList())
    case ("api", 2), ("apis", 3):
      let version = parts.count == 2 ? parts[1] : "\(parts[1])/\(parts[2])"
      guard let groupVersion = GroupVersion(version), let list = documents.resourceList(groupVersion) else {
        throw .unknownPath()
      }
      return try json(list)
    case ("apis", 2):
      guard let group = documents.group(parts[1]) else { throw .unknownPath() }
      return try json(group)
    default: throw .unknownPath()
    }
  }

  /// All of discovery in one document, where the client asks for it (KEP-3352).
  private func aggregated(isCore: Bool, _ request: KubeRequest) -> KubeResponse? {
    for type in accept(request) {
      guard type.name == "application/json" || type.name == "*/*" else { continue }
      guard type.parameters["as"] == "APIGroupDiscoveryList" else { return nil }
      guard type.parameters["g"] == "apidiscovery.k8s.io", let version = type.parameters["v"],
        version == "v2" || version == "v2beta1"
      else { continue }
      let made = documents.document("discovery/\(isCore)/\(version)") {
        documents.discovery.aggregated(isCore: isCore, version: version)
      }
      return made.map {
        respond($0, request, "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
      }
    }
    return nil
  }

  private func openAPI(_ parts: [String], _ request: KubeRequest) throws(StatusError) -> KubeResponse {
    if parts.dropFirst() == ["v2"],
      accept(request).contains(where: { OpenAPIv2Encoding.mediaTypes.contains($0.name) })
    {
      return respond(documents.openAPIv2Protobuf(), request, OpenAPIv2Encoding.contentType)
    }
    let isJSON = accept(request).contains { ["application/json", "*/*", "application/*"].contains($0.name) }
    guard isJSON else { throw .notAcceptable(["application/json"]) }
    let document: APIDocuments.Document?
    switch parts.dropFirst().first {
    case "v2"? where parts.count == 2: document = documents.openAPIv2()
    case "v3"? where parts.count == 2: document = documents.openAPIIndex()
    case "v3"? where parts.count == 4 && parts[2] == "api":
      document = documents.openAPIv3(GroupVersion(group: "", version: parts[3]))
    case "v3"? where parts.count == 5 && parts[2] == "apis":
      document = documents.openAPIv3(GroupVersion(group: parts[3], version: parts[4]))
    default: document = nil
    }
    guard let document else { throw .unknownPath() }
    return respond(document, request, "application/json")
  }

  /// A document that the client may have already (RFC 9110 section 13.1.2).
  private func respond(_ document: APIDocuments.Document, _ request: KubeRequest, _ type: String) -> KubeResponse {
    let quoted = "\"\(document.etag)\""
    let known = request.headers.first { $0.name.lowercased() == "if-none-match" }?.value
    let headers = [
      (name: "Content-Type", value: type), (name: "ETag", value: quoted), (name: "Vary", value: "Accept"),
    ]
    if let known, known.contains(quoted) {
      return KubeResponse(status: 304, headers: headers, body: .bytes(ByteBuffer()))
    }
    return KubeResponse(status: 200, headers: headers, body: .bytes(document.bytes))
  }
}
