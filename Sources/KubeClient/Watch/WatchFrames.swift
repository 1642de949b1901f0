import KubeAPI
import NIOCore

/// The events of one watch, in the order in which the server sent them. It ends when the server ends it.
public struct WatchFrames: AsyncSequence, Sendable {
  public typealias Element = WatchFrame

  let parts: AsyncThrowingStream<ByteBuffer, any Error>

  public struct AsyncIterator: AsyncIteratorProtocol {
    var parts: AsyncThrowingStream<ByteBuffer, any Error>.Iterator
    var lines = LineSplitter()

    /// - Throws: ``TransportError`` where the connection broke; an error where the server sent something else than
    ///   watch events.
    public mutating func next() async throws -> WatchFrame? {
      while true {
        if let line = lines.next() { return try WatchFrame(line: line) }
        guard let part = try await parts.next() else {
          guard lines.rest == 0 else { throw WatchFrame.Malformed(description: "the watch ended within an event") }
          return nil
        }
        try lines.append(part)
      }
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: parts.makeAsyncIterator()) }
}

extension KubeClient {
  /// Opens a watch. Most code wants an ``Informer``, which keeps one open for ever.
  ///
  /// - Parameters:
  ///   - resourceVersion: where to go on; empty for the server's own idea of now.
  ///   - timeoutSeconds: when the server shall end the watch.
  /// - Throws: ``APIError`` (``APIError/isGone`` where the version is too old), ``TransportError``.
  public func watch(
    _ selection: ResourceSelection, from resourceVersion: String, timeoutSeconds: Int? = nil
  ) async throws -> WatchFrames {
    var query = selection.query
    query.append(("watch", "true"))
    query.append(("allowWatchBookmarks", "true"))
    if !resourceVersion.isEmpty { query.append(("resourceVersion", resourceVersion)) }
    if let timeoutSeconds { query.append(("timeoutSeconds", String(timeoutSeconds))) }
    let response = try await transport.send(
      KubeRequest(
        method: "GET", path: selection.path, query: query, headers: [("Accept", selection.accept(list: false))],
        isStreamed: true))
    guard response.status < 400 else {
      throw APIError(code: response.status, body: try await response.collected().readableBytesView)
    }
    switch response.body {
    case .stream(let parts): return WatchFrames(parts: parts)
    case .bytes(let bytes):
      let (parts, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
      continuation.yield(bytes)
      continuation.finish()
      return WatchFrames(parts: parts)
    }
  }
}
