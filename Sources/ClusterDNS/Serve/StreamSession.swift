import NIOCore
import Netlink

/// One TCP connection of a client.
final class StreamSession: ChannelInboundHandler, @unchecked Sendable {  // used on its channel's loop only
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let server: StreamServer
  let client: IPAddress?
  private var context: ChannelHandlerContext?
  private var received = ByteBuffer()
  private var pending = 0
  private var isReading = true
  /// When the last whole query came, or the connection.
  private(set) var lastQuery = MonotonicClock.nanoseconds()
  /// Bytes of answers that the client has not taken.
  private(set) var unsent = 0

  init(_ server: StreamServer, _ peer: SocketAddress?) {
    self.server = server
    client = peer?.ipAddress.flatMap { IPAddress($0) }
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    server.opened(self)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    server.closed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func close() { context?.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    received.writeBuffer(&part)
    answerReceived(context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    answerReceived(context)
    context.fireChannelWritabilityChanged()
  }

  /// Answers what has arrived whole, as long as the client takes the answers and not too many wait for an upstream.
  private func answerReceived(_ context: ChannelHandlerContext) {
    var hasWritten = false
    let limit = server.settings.pending
    while pending < limit, context.channel.isWritable,
      let length = received.getInteger(at: received.readerIndex, as: UInt16.self)
    {
      guard Int(length) <= StreamServer.queryLimit else {
        context.close(promise: nil)
        return
      }
      guard let message = received.getSlice(at: received.readerIndex + 2, length: Int(length)) else { break }
      received.moveReaderIndex(forwardBy: Int(length) + 2)
      lastQuery = MonotonicClock.nanoseconds()
      let isAnswered = server.answer(message, for: self) { bytes in
        write(bytes, context)
        hasWritten = true
      } later: {
        pending += 1
        let loop = context.eventLoop
        return { [self] message in loop.execute { self.answered(message) } }
      }
      guard isAnswered else {
        context.close(promise: nil)
        return
      }
    }
    // An idle connection keeps no buffer.
    if received.readableBytes == 0 { received = ByteBuffer() } else { received.discardReadBytes() }
    if hasWritten { context.flush() }
    let mayRead = pending < limit && context.channel.isWritable
    if mayRead != isReading {
      isReading = mayRead
      context.channel.setOption(.autoRead, value: mayRead).whenFailure { _ in }
    }
  }

  private func answered(_ message: [UInt8]) {
    pending -= 1
    guard let context else { return }
    message.withUnsafeBytes { write($0, context) }
    context.flush()
    answerReceived(context)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) {
    var out = context.channel.allocator.buffer(capacity: bytes.count + 2)
    out.writeInteger(UInt16(bytes.count))
    out.writeBytes(bytes)
    let size = bytes.count
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [self] _ in
      unsent -= size
      server.wrote(-size)
    }
    unsent += size
    context.write(wrapOutboundOut(out), promise: written)
    server.wrote(size)
  }
}
