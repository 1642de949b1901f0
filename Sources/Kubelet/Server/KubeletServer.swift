import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The kubelet's HTTPS server: logs, exec, attach, port-forward, pods, metrics, health.
///
/// Whoever asks for more than `/healthz` shows a certificate of the client authority.
struct KubeletServer: Sendable {
  var configuration: NodeKubelet.Configuration
  var router: KubeletRouter
  var logger: Logger

  static let decoderName = "http-decoder"
  static let encoderName = "http-encoder"
  static let handlerName = "requests"

  /// Listens, calls `onBound` with the port, and serves until it is cancelled.
  func run(_ onBound: @Sendable (Int) -> Void) async throws {
    let context = try NIOSSLContext(configuration: try tls())
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLServerHandler(context: context))
          try pipeline.addHandler(HTTPResponseEncoder(), name: Self.encoderName)
          try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)), name: Self.decoderName)
          try pipeline.addHandler(KubeletRequestHandler(router: router), name: Self.handlerName)
        }
      }
    let channel: any Channel
    do {
      channel = try await bootstrap.bind(
        host: configuration.serverAddress, port: configuration.serverPort
      ).get()
    } catch {
      throw KubeletError(
        "cannot listen on \(configuration.serverAddress):\(configuration.serverPort): \(error); is another kubelet running?"
      )
    }
    onBound(channel.localAddress?.port ?? configuration.serverPort)
    try await withTaskCancellationHandler {
      try await channel.closeFuture.get()
    } onCancel: {
      channel.close(promise: nil)
    }
  }

  private func tls() throws -> TLSConfiguration {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource
    if let certificate = configuration.servingCertificatePath, let path = configuration.servingKeyPath {
      chain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
      key = .privateKey(try NIOSSLPrivateKey(file: path, format: .pem))
    } else {
      let own = try SelfSignedCertificate(name: configuration.nodeName, addresses: configuration.nodeAddresses)
      chain = try NIOSSLCertificate.fromPEMBytes(own.certificate).map { .certificate($0) }
      key = .privateKey(try NIOSSLPrivateKey(bytes: own.key, format: .pem))
    }
    var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
    tls.minimumTLSVersion = .tlsv12
    tls.applicationProtocols = ["http/1.1"]
    if let path = configuration.clientCAPath {
      tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
      tls.certificateVerification = .optionalVerification
    }
    return tls
  }
}
