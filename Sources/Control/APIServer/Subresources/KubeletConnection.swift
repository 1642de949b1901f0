import AsyncHTTPClient
import KubeAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// How the API server proves to kubelets who it is, and knows them. All in PEM.
public struct KubeletConnection: Sendable {
  public var certificate: [UInt8]
  public var key: [UInt8]
  /// The authority of the kubelets' serving certificates.
  public var authority: [UInt8]

  public init(certificate: [UInt8], key: [UInt8], authority: [UInt8]) {
    self.certificate = certificate
    self.key = key
    self.authority = authority
  }

  func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
    tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate).map { .certificate($0) }
    tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
    return tls
  }
}

/// Where a node's kubelet listens.
struct KubeletAddress: Sendable, Hashable {
  var host: String
  var port: Int

  /// - Returns: `nil` where the node has no address yet.
  init?(_ node: JSONValue) {
    let addresses = node[path: "status", "addresses"]?.arrayValue ?? []
    func address(_ type: String) -> String? {
      addresses.first { $0["type"]?.stringValue == type }?["address"]?.stringValue
    }
    guard let host = address("InternalIP") ?? address("ExternalIP") ?? address("Hostname") else { return nil }
    self.host = host
    let port = node[path: "status", "daemonEndpoints", "kubeletEndpoint", "Port"]?.integerValue ?? 0
    self.port = port > 0 ? Int(port) : 10_250
  }

  /// As it stands in a URL.
  var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Asks kubelets for what only they have: logs, and connections into containers.
final class KubeletClient: Sendable {
  private let client: HTTPClient
  let context: NIOSSLContext

  init(_ connection: KubeletConnection) throws {
    let tls = try connection.tls()
    context = try NIOSSLContext(configuration: tls)
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, timeout: .init(connect: .seconds(10)))
    configuration.httpVersion = .http1Only
    client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
  }

  /// A GET whose answer arrives piece by piece.
  func get(_ address: KubeletAddress, _ path: String) async throws -> HTTPClientResponse {
    let request = HTTPClientRequest(url: "https://\(address.authority)\(path)")
    return try await client.execute(request, deadline: .distantFuture)
  }

  func shutdown() async { try? await client.shutdown() }
}
