import NIOCore

/// Cuts a stream of bytes that comes in arbitrary parts into lines.
struct LineSplitter {
  /// A line longer than this is no watch event: an object of the API is below 3 MiB.
  static let lineLimit = 32 << 20

  struct LineTooLong: Error, CustomStringConvertible {
    var description: String { "a line of the stream is longer than \(lineLimit) bytes" }
  }

  private var buffer = ByteBuffer()
  /// How much of `buffer` was searched already.
  private var searched = 0

  mutating func append(_ part: ByteBuffer) throws(LineTooLong) {
    var part = part
    if buffer.readableBytes == 0 {
      buffer = part
      searched = 0
    } else {
      buffer.discardReadBytes()
      buffer.writeBuffer(&part)
    }
    if buffer.readableBytes > Self.lineLimit, !buffer.readableBytesView.dropFirst(searched).contains(0x0A) {
      throw LineTooLong()
    }
  }

  /// The next complete line, without its end; empty lines are left out.
  mutating func next() -> ByteBuffer? {
    while true {
      let view = buffer.readableBytesView
      guard let end = view.dropFirst(searched).firstIndex(of: 0x0A) else {
        searched = buffer.readableBytes
        if searched == 0 { buffer = ByteBuffer() }
        return nil
      }
      let length = end - view.startIndex
      let line = buffer.readSlice(length: length)
      buffer.moveReaderIndex(forwardBy: 1)
      searched = 0
      if let line, line.readableBytes > 0 { return line }
    }
  }

  /// What is left when the stream has ended: a line whose end never came.
  var rest: Int { buffer.readableBytes }
}
