import KubeAPI
import KubeClient
import NIOCore

extension APIServer {
  func watch(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let output = try request.output(isWatch: true)
    let selection = try Selection(request)
    let version = try request.query.resourceVersion()
    let sendsInitialEvents = request.query["sendInitialEvents"].map { _ in request.query.flag("sendInitialEvents") }
    var watch = WatchRequest(start: .state(marksEnd: false))
    watch.prefix = request.prefix
    if !selection.isEverything { watch.matches = { selection.matches($0) } }
    watch.sendsBookmarks = request.query.flag("allowWatchBookmarks")
    let seconds = try request.query.integer("timeoutSeconds") ?? Int64.random(in: 1_800..<3_600)
    watch.deadline = .now + .seconds(max(1, seconds))
    switch (sendsInitialEvents, version ?? 0) {
    case (true?, let version):
      if request.query["resourceVersionMatch"] != "NotOlderThan" {
        throw .badRequest("sendInitialEvents requires resourceVersionMatch=NotOlderThan")
      }
      if version > cache.revision { throw .tooLargeResourceVersion(version, current: cache.revision) }
      watch.start = .state(marksEnd: watch.sendsBookmarks)
    case (false?, 0): watch.start = .now
    case (nil, 0): break
    case (_, let version):
      // A version that has not been: the client comes from another store, and must list again.
      if version > cache.revision { throw .expired("too new resource version: \(version) (\(cache.revision))") }
      watch.start = .after(version)
    }
    do {
      let running = try await cache.watch(request.resource.groupResource, watch)
      let writer = WatchWriter(
        resource: request.resource, output: output, documents: documents, include: request.query["includeObject"])
      return KubeResponse(
        status: 200, headers: [(name: "Content-Type", value: "application/json")],
        body: .stream(Self.frames(running, writer)))
    } catch StoreError.compacted(let requested, let oldest) {
      throw .expired("too old resource version: \(requested) (\(oldest))")
    } catch {
      throw Self.storeFailure(error)
    }
  }

  /// Frames are made when they are asked for: what the reader does not take waits in the watch's buffer, which is bounded.
  private static func frames(_ watch: Watch, _ writer: WatchWriter) -> AsyncThrowingStream<ByteBuffer, any Error> {
    let state = WatchPosition(watch, writer)
    return AsyncThrowingStream { await state.nextFrames() }
  }
}

/// The state of one watch's output.
private actor WatchPosition {
  private let watch: Watch
  private var writer: WatchWriter
  private var waiting: ArraySlice<WatchItem> = []

  /// One part of the stream is not larger than this plus one object.
  private static let partLimit = 256 * 1_024

  init(_ watch: Watch, _ writer: WatchWriter) {
    self.watch = watch
    self.writer = writer
  }

  func nextFrames() async -> ByteBuffer? {
    if waiting.isEmpty {
      guard let items = await watch.next() else { return nil }
      waiting = items[...]
    }
    var buffer = ByteBuffer()
    while buffer.readableBytes < Self.partLimit, let item = waiting.popFirst() { writer.write(item, to: &buffer) }
    return buffer
  }
}

/// Writes watch events in the form that the watcher accepts.
struct WatchWriter: Sendable {
  let resource: Schema.Resource
  let output: OutputForm
  let documents: APIDocuments
  let include: String?
  private var hasSentColumns = false

  init(resource: Schema.Resource, output: OutputForm, documents: APIDocuments, include: String?) {
    self.resource = resource
    self.output = output
    self.documents = documents
    self.include = include
  }

  mutating func write(_ item: WatchItem, to buffer: inout ByteBuffer) {
    switch item {
    case .added(let object): write("ADDED", object, to: &buffer)
    case .modified(let object): write("MODIFIED", object, to: &buffer)
    case .deleted(let object): write("DELETED", object, to: &buffer)
    case .bookmark(let revision, let endsInitialEvents):
      var metadata: JSONValue = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
      if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
      let object: JSONValue = [
        "kind": .string(resource.kind), "apiVersion": .string("\(resource.groupVersion)"), "metadata": metadata,
      ]
      write("BOOKMARK", shaped(object), to: &buffer)
    }
  }

  private mutating func write(_ type: String, _ object: CachedObject, to buffer: inout ByteBuffer) {
    if case .object = output.shape {
      buffer.writeString("{\"type\":\"\(type)\",\"object\":")
      buffer.writeBytes(object.bytes)
      buffer.writeString("}\n")
    } else {
      write(type, shaped(object.json), to: &buffer)
    }
  }

  private func write(_ type: String, _ object: JSONValue, to buffer: inout ByteBuffer) {
    let event: JSONValue = ["type": .string(type), "object": object]
    buffer.writeBytes(event.bytes)
    buffer.writeInteger(UInt8(ascii: "\n"))
  }

  private mutating func shaped(_ object: JSONValue) -> JSONValue {
    switch output.shape {
    case .object: return object
    case .partialMetadata(let version), .partialMetadataList(let version):
      return APIServer.partialMetadata(object, version: version)
    case .table(let version):
      var metadata: JSONValue = [:]
      metadata["resourceVersion"] = object[path: "metadata", "resourceVersion"]
      // The columns are told once.
      defer { hasSentColumns = true }
      return documents.table(
        resource, [object], version: version, include: include, metadata: metadata, includesColumns: !hasSentColumns)
    }
  }
}
