import NIOCore
import NIOHTTP1
import NIOPosix

/// Joins the connection of an upgrade request to the runtime's streaming server: the request is sent on, and from then on
/// bytes go both ways as they come, the answer to the upgrade among them.
enum StreamTunnel {
  /// - Parameter url: what the runtime gave for the session, `http://127.0.0.1:41234/exec/TOKEN`.
  static func open(_ request: KubeletRequest, to url: String, on channel: any Channel) async throws {
    guard let target = Target(url) else {
      throw KubeletError("the runtime gave an address that cannot be used: \(url)")
    }
    let upstream = try await ClientBootstrap(group: channel.eventLoop)
      .channelOption(.autoRead, value: false)
      .connect(host: target.host, port: target.port).get()
    do {
      try await channel.eventLoop.submit {
        try upstream.pipeline.syncOperations.addHandler(TunnelHandler(peer: channel))
        try channel.pipeline.syncOperations.addHandler(TunnelHandler(peer: upstream))
      }.get()
      // The decoder goes last: it hands on what it had read beyond the request.
      for name in [KubeletServer.handlerName, KubeletServer.encoderName, KubeletServer.decoderName] {
        try await channel.pipeline.removeHandler(name: name).get()
      }
      try await upstream.writeAndFlush(ByteBuffer(string: head(request, target)))
      try await upstream.setOption(.autoRead, value: true).get()
    } catch {
      upstream.close(promise: nil)
      throw error
    }
  }

  struct Target: Equatable {
    var host: String
    var port: Int
    var path: String

    init?(_ url: String) {
      guard url.hasPrefix("http://") else { return nil }
      let rest = url.dropFirst(7)
      let authority = rest.prefix { $0 != "/" }
      guard let colon = authority.lastIndex(of: ":"), let port = Int(authority[authority.index(after: colon)...]) else {
        return nil
      }
      host = String(authority[..<colon].filter { $0 != "[" && $0 != "]" })
      self.port = port
      path = rest.dropFirst(authority.count).isEmpty ? "/" : String(rest.dropFirst(authority.count))
    }
  }

  static func head(_ request: KubeletRequest, _ target: Target) -> String {
    var text = "\(request.method.rawValue) \(target.path) HTTP/1.1\r\nHost: \(target.host):\(target.port)\r\n"
    for (name, value) in request.headers where !["host", "authorization"].contains(name.lowercased()) {
      text += "\(name): \(value)\r\n"
    }
    return text + "\r\n"
  }
}

/// Writes what it reads to the other connection, no faster than that takes it.
final class TunnelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let peer: any Channel

  init(peer: any Channel) { self.peer = peer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    _ = peer.setOption(.autoRead, value: context.channel.isWritable)
  }

  func channelInactive(context: ChannelHandlerContext) { peer.close(promise: nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
    peer.close(promise: nil)
  }
}
