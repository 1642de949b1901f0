import Crypto
import KubeAPI
import NIOCore
import Synchronization

/// The documents that describe the API, made when they are first asked for.
final class APIDocuments: Sendable {
  /// The Kubernetes version whose API is served.
  static let version = "v1.36.0"

  struct Document: Sendable {
    var bytes: ByteBuffer
    var etag: String

    init(_ bytes: [UInt8]) {
      self.bytes = ByteBuffer(bytes: bytes)
      let digits = SHA256.hash(data: bytes).map { byte in
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
      }
      etag = digits.joined()
    }
  }

  let schema: Schema
  let discovery: Discovery
  private let openAPI: OpenAPI
  private let made = Mutex<[String: Document]>([:])

  init(schema: Schema) {
    self.schema = schema
    discovery = Discovery(schema)
    openAPI = OpenAPI(schema, version: Self.version)
  }

  static var versionDocument: JSONValue {
    [
      "major": "1", "minor": "36", "gitVersion": .string(version + "-skiff"), "gitCommit": "", "gitTreeState": "clean",
      "buildDate": "", "goVersion": "", "compiler": "swiftc", "platform": .string("linux/\(architecture)"),
    ]
  }

  private static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "amd64"
    #endif
  }

  /// A document by a name of its own; made once.
  func document(_ name: String, _ make: () -> JSONValue?) -> Document? {
    if let document = made.withLock({ $0[name] }) { return document }
    guard let value = make() else { return nil }
    return keep(name, value.bytes)
  }

  private func keep(_ name: String, _ bytes: [UInt8]) -> Document {
    let document = Document(bytes)
    made.withLock { $0[name] = document }
    return document
  }

  func openAPIv2Protobuf() -> Document {
    let name = "openapi/v2 protobuf"
    return made.withLock { $0[name] } ?? keep(name, OpenAPIv2Encoding.bytes(openAPI.v2()))
  }

  func openAPIv2() -> Document? { document("openapi/v2") { openAPI.v2() } }

  func openAPIv3(_ groupVersion: GroupVersion) -> Document? {
    document("openapi/v3/\(groupVersion)") { openAPI.v3(groupVersion) }
  }

  func openAPIIndex() -> Document? {
    document("openapi/v3") { openAPI.index { openAPIv3($0)?.etag ?? "" } }
  }

  /// `kubectl get`'s form of objects.
  func table(
    _ resource: Schema.Resource, _ objects: [JSONValue], version: String, include: String?, metadata: JSONValue,
    includesColumns: Bool = true
  ) -> JSONValue {
    Table(group: resource.group, resource: resource.name).render(
      objects, listMetadata: metadata, include: include.flatMap { Table.IncludeObject(rawValue: $0) } ?? .metadata,
      version: version, includesColumns: includesColumns)
  }
}
