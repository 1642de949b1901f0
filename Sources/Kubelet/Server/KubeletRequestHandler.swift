import NIOCore
import NIOHTTP1
import NIOSSL

/// One request to the kubelet's server. Bodies are not read: no request here has one that matters.
struct KubeletRequest: Sendable {
  var method: HTTPMethod
  /// With the query, as it was sent.
  var uri: String
  var headers: HTTPHeaders
  /// Whether the caller showed a certificate, which TLS has verified then.
  var isAuthenticated: Bool

  var path: String { String(uri.prefix { $0 != "?" }) }

  /// Names and values after decoding, in their order.
  var query: [(name: String, value: String)] {
    guard let mark = uri.firstIndex(of: "?") else { return [] }
    return uri[uri.index(after: mark)...].split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
    }
  }

  static func decoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Gathers requests and hands them to the router, one at a time.
final class KubeletRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart

  private let router: KubeletRouter
  private var head: HTTPRequestHead?
  private var task: Task<Void, Never>?

  init(router: KubeletRouter) { self.router = router }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
      let request = KubeletRequest(
        method: head.method, uri: head.uri, headers: head.headers, isAuthenticated: tls?.peerCertificate != nil)
      let channel = context.channel
      let router = router
      task = Task { await router.answer(request, on: channel) }
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    task?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
