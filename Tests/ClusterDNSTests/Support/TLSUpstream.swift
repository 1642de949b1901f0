import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Netlink
import SwiftASN1
import Synchronization
import X509

@testable import ClusterDNS

/// An upstream over TLS, with an authority of its own.
final class TLSUpstream: Sendable {
  let address: ListenAddress
  /// The authority's certificate, PEM.
  let authority: String
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let counted: Box

  /// Connections that came about.
  var connections: Int { counted.value.load(ordering: .relaxed) }

  /// - Parameters:
  ///   - names: what the certificate is for.
  ///   - answer: what is sent back, if anything.
  static func start(
    names: [String], addresses: [IPAddress] = [], _ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?
  ) async throws -> TLSUpstream {
    let identity = try Identity(names: names, addresses: addresses)
    let configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(identity.certificate.utf8), format: .pem))],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem)))
    let context = try NIOSSLContext(configuration: configuration)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let connected = Box()
    let channel = try await ServerBootstrap(group: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          connected.value.wrappingAdd(1, ordering: .relaxed)
          try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          try channel.pipeline.syncOperations.addHandler(Answering(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return TLSUpstream(channel, group, identity.authority, connected)
  }

  private final class Box: Sendable { let value = Atomic(0) }

  private init(_ channel: any Channel, _ group: MultiThreadedEventLoopGroup, _ authority: String, _ counted: Box) {
    self.channel = channel
    self.group = group
    self.authority = authority
    self.counted = counted
    address = ListenAddress(IPAddress(127, 0, 0, 1), port: UInt16(channel.localAddress?.port ?? 0))
  }

  func stop() async throws {
    try await channel.close()
    try await group.shutdownGracefully()
  }

  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: @Sendable ([UInt8]) -> [UInt8]?
    private var received = ByteBuffer()

    init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var part = unwrapInboundIn(data)
      received.writeBuffer(&part)
      while let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
        let query = received.getBytes(at: received.readerIndex + 2, length: Int(length))
      {
        received.moveReaderIndex(forwardBy: Int(length) + 2)
        guard let reply = answer(query) else { continue }
        var out = ByteBuffer(integer: UInt16(reply.count))
        out.writeBytes(reply)
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  /// A certificate, its key, and the authority that signed it.
  private struct Identity {
    var authority: String
    var certificate: String
    var key: String

    init(names: [String], addresses: [IPAddress]) throws {
      let rootKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
      let rootName = try DistinguishedName { CommonName("test authority") }
      let begin = Date(timeIntervalSinceNow: -3600)
      let end = Date(timeIntervalSinceNow: 3600)
      let root = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: rootKey.publicKey, notValidBefore: begin,
        notValidAfter: end, issuer: rootName, subject: rootName, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
          KeyUsage(keyCertSign: true)
        }, issuerPrivateKey: rootKey)
      let leafKey = P256.Signing.PrivateKey()
      let alternatives =
        names.map { GeneralName.dnsName($0) }
        + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
      let leaf = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PrivateKey(leafKey).publicKey,
        notValidBefore: begin, notValidAfter: end, issuer: rootName,
        subject: try DistinguishedName { CommonName("upstream") }, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions { SubjectAlternativeNames(alternatives) }, issuerPrivateKey: rootKey)
      authority = try root.serializeAsPEM().pemString
      certificate = try leaf.serializeAsPEM().pemString
      key = leafKey.pemRepresentation
    }
  }
}
