import Glibc
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Serves an ``APIServer`` over HTTP/1.1 and TLS. Client certificates are asked for; a client without one is anonymous.
public final class HTTPServer: Sendable {
  public struct Configuration: Sendable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    public var serving: CertificatePair
    /// Who signs client certificates, in PEM.
    public var clientAuthority: String

    public init(host: String, port: Int, serving: CertificatePair, clientAuthority: String) {
      self.host = host
      self.port = port
      self.serving = serving
      self.clientAuthority = clientAuthority
    }
  }

  private let listener: any Channel
  private let connections: ConnectionRegistry

  /// The port on which the server listens.
  public let port: Int

  /// Begins to listen.
  /// - Throws: ``ListenError`` where the address cannot be had or the certificates cannot be read.
  public init(_ configuration: Configuration, server: APIServer, logger: Logger) async throws {
    let connections = ConnectionRegistry()
    let place = "\(configuration.host):\(configuration.port)"
    let context: NIOSSLContext
    do {
      context = try NIOSSLContext(configuration: Self.tls(configuration))
    } catch {
      throw ListenError(place: place, cause: "the certificates cannot be used: \(error)")
    }
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 512)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          connections.add(channel)
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLServerHandler(context: context))
          try pipeline.addHandler(HTTPResponseEncoder())
          try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)))
          try pipeline.addHandler(HTTPServerPipelineHandler())
          try pipeline.addHandler(HTTPServerProtocolErrorHandler())
          try pipeline.addHandler(ConnectionHandler(server: server, logger: logger))
        }
      }
    do {
      listener = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw ListenError(place: place, cause: "the port is in use: another server runs, or choose another port")
    } catch {
      throw ListenError(place: place, cause: "\(error)")
    }
    self.connections = connections
    port = listener.localAddress?.port ?? configuration.port
  }

  private static func tls(_ configuration: Configuration) throws -> TLSConfiguration {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(configuration.serving.certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(configuration.serving.key.utf8), format: .pem)
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    tls.certificateVerification = .optionalVerification
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(configuration.clientAuthority.utf8)))
    tls.sendCANameList = true
    return tls
  }

  /// Accepts nothing more, and closes the connections that are open.
  public func close() async {
    try? await listener.close().get()
    await connections.closeAll()
  }
}

/// Why a server does not listen.
public struct ListenError: Error, Sendable, CustomStringConvertible {
  public var place: String
  public var cause: String
  public var description: String { "cannot listen on \(place): \(cause)" }
}
