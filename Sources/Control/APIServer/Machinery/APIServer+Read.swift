import FoundationEssentials
import KubeAPI
import KubeClient
import NIOCore

extension APIServer {
  func get(_ request: ObjectRequest) throws(StatusError) -> KubeResponse {
    let object = try found(request)
    return try respond(object.bytes, request)
  }

  /// The object that the path names.
  /// - Throws: 404.
  func found(_ request: ObjectRequest) throws(StatusError) -> CachedObject {
    guard let object = cache.get(request.resource.groupResource, request.key) else {
      throw .notFound(request.name, request.path.name)
    }
    return object
  }

  func list(_ request: ObjectRequest) async throws(StatusError) -> KubeResponse {
    let output = try request.output()
    let selection = try Selection(request)
    let page = try await page(request, selection)
    let metadata = page.metadata
    switch output.shape {
    case .object where output.encoding == .json:
      return KubeResponse(
        status: 200, headers: [(name: "Content-Type", value: "application/json")],
        body: .bytes(Self.listBytes(request.resource, metadata, page.objects)))
    case .object, .partialMetadata:
      let list: JSONValue = [
        "kind": .string(request.resource.kind + "List"), "apiVersion": .string("\(request.resource.groupVersion)"),
        "metadata": metadata, "items": .array(page.objects.map(\.json)),
      ]
      return try Self.response(list, output)
    case .partialMetadataList(let version):
      let list: JSONValue = [
        "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(version)"), "metadata": metadata,
        "items": .array(page.objects.map { Self.partialMetadata($0.json, version: version) }),
      ]
      return try Self.response(list, output)
    case .table(let version):
      let table = documents.table(
        request.resource, page.objects.map(\.json), version: version, include: request.query["includeObject"],
        metadata: metadata)
      return try Self.response(table, output)
    }
  }

  struct Page {
    var objects: [CachedObject]
    var revision: Int64
    var continueToken: String?
    var remaining: Int?

    var metadata: JSONValue {
      var metadata: JSONValue = ["resourceVersion": .string(String(revision))]
      if let continueToken { metadata["continue"] = .string(continueToken) }
      if let remaining { metadata["remainingItemCount"] = .integer(Int64(remaining)) }
      return metadata
    }
  }

  private func page(_ request: ObjectRequest, _ selection: Selection) async throws(StatusError) -> Page {
    let limit = try request.query.integer("limit").flatMap { $0 > 0 ? Int($0) : nil }
    let token = try request.query["continue"].flatMap { $0.isEmpty ? nil : $0 }
      .map { text throws(StatusError) in try ContinueToken(text) }
    let version = try request.query.resourceVersion()
    let match = request.query["resourceVersionMatch"] ?? ""
    if !match.isEmpty, version == nil || token != nil || !["Exact", "NotOlderThan"].contains(match) {
      throw .badRequest(
        "resourceVersionMatch is for a list with a resourceVersion and without continue; it is Exact or NotOlderThan")
    }
    var exact: Int64?
    if let token, let revision = token.revision {
      exact = revision
    } else if let version, version > 0, match == "Exact" || (match.isEmpty && limit != nil) {
      exact = version
    }
    if let version, version > cache.revision { throw .tooLargeResourceVersion(version, current: cache.revision) }
    if let name = selection.name, exact == nil {
      // One object, by its name.
      let key = request.key(name)
      let revision = cache.revision
      let object =
        (request.resource.isNamespaced && request.path.namespace.isEmpty)
        ? nil : cache.get(request.resource.groupResource, key)
      if !request.resource.isNamespaced || !request.path.namespace.isEmpty {
        let objects = object.map { [$0] }?.filter { selection.matches($0.json) } ?? []
        return Page(objects: objects, revision: max(revision, object?.revision ?? 0))
      }
    }
    if let exact {
      let resource = request.resource.groupResource
      if let all = cache.list(resource, prefix: request.prefix, after: token?.key ?? "", at: exact) {
        return Self.cut(all, selection, limit, revision: exact) { object in object }
      }
      return try await storedPage(request, selection, at: exact, after: token?.key, limit, token)
    }
    let all = cache.list(request.resource.groupResource, prefix: request.prefix, after: token?.key ?? "")
    return Self.cut(all.objects, selection, limit, revision: all.revision) { object in object }
  }

  /// Objects that are read from the store at a time.
  private static let storedPart = 2_000

  /// A page as it was at a revision that the cache no longer has, from the store.
  private func storedPage(
    _ request: ObjectRequest, _ selection: Selection, at revision: Int64, after: String?, _ limit: Int?,
    _ token: ContinueToken?
  ) async throws(StatusError) -> Page {
    let root = request.resource.groupResource + "/"
    // More than a page, since some may not match; all where there is no limit.
    let part = limit.map { max($0 + 1, Self.storedPart) }
    var query = StoreQuery(
      prefix: root + request.prefix, after: after.map { root + $0 }, limit: part, revision: revision)
    do {
      var objects: [CachedObject] = []
      var remaining = 0
      repeat {
        let read = try await store.list(query)
        let served = read.objects.lazy.map { stored in
          CachedObject(
            key: WatchCache.split(stored.key).key, revision: stored.revision,
            bytes: ObjectEncoding.served(stored.value, revision: stored.revision))
        }
        objects += selection.isEverything ? Array(served) : served.filter { selection.matches($0.json) }
        query.after = read.objects.last?.key
        remaining = read.remaining
      } while remaining > 0 && limit.map { objects.count <= $0 } ?? false
      var page = Self.cut(objects[...], selection, limit, revision: revision) { object in object }
      if let counted = page.remaining { page.remaining = counted + remaining }
      return page
    } catch StoreError.compacted(let requested, let oldest) {
      if let token {
        var error = StatusError.expired(
          "the continue token is too old: its list was at revision \(requested) and the oldest kept is \(oldest). "
            + "Begin the list again, or go on with the token in this response, which mixes two states")
        error.continueToken = ContinueToken(revision: nil, key: token.key).text
        throw error
      }
      throw .expired("too old resource version: \(requested) (\(oldest))")
    } catch {
      throw Self.storeFailure(error)
    }
  }

  /// The objects that match, up to the limit, and the token for the rest.
  private static func cut<Element>(
    _ all: ArraySlice<Element>, _ selection: Selection, _ limit: Int?, revision: Int64,
    _ object: (Element) -> CachedObject
  ) -> Page {
    var page = Page(objects: [], revision: revision)
    page.objects.reserveCapacity(min(limit ?? all.count, all.count))
    for (position, element) in zip(all.indices, all) {
      let object = object(element)
      if !selection.isEverything, !selection.matches(object.json) { continue }
      if let limit, page.objects.count == limit {
        page.continueToken = ContinueToken(revision: revision, key: page.objects.last?.key ?? "").text
        if selection.isEverything { page.remaining = all.endIndex - position }
        break
      }
      page.objects.append(object)
    }
    return page
  }

  /// A list is its head and the bytes of its objects, one behind the other.
  static func listBytes(
    _ resource: Schema.Resource, _ metadata: JSONValue, _ objects: [CachedObject]
  ) -> ByteBuffer {
    let head =
      "{\"kind\":\"\(resource.kind)List\",\"apiVersion\":\"\(resource.groupVersion)\",\"metadata\":\(metadata.text),\"items\":["
    var buffer = ByteBuffer()
    buffer.reserveCapacity(objects.reduce(head.utf8.count + 3) { $0 + $1.bytes.count + 1 })
    buffer.writeString(head)
    for (position, object) in objects.enumerated() {
      if position > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
      buffer.writeBytes(object.bytes)
    }
    buffer.writeString("]}\n")
    return buffer
  }

  // MARK: Forms of an answer

  static func partialMetadata(_ object: JSONValue, version: String) -> JSONValue {
    [
      "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
      "metadata": object["metadata"] ?? [:],
    ]
  }

  /// An object as bytes in the form that the request accepts.
  func respond(
    _ bytes: [UInt8], _ request: ObjectRequest, status: Int = 200, warnings: [String] = []
  ) throws(StatusError) -> KubeResponse {
    let output = try request.output()
    if output == OutputForm.plain {
      var headers = [(name: "Content-Type", value: "application/json")]
      headers += Self.warningHeaders(warnings)
      return KubeResponse(status: status, headers: headers, body: .bytes(ByteBuffer(bytes: bytes)))
    }
    let object = (try? JSONValue(parsing: bytes)) ?? .null
    return try respond(object, request, status: status, warnings: warnings)
  }

  /// An object that is not stored as it is sent.
  func respond(
    _ object: JSONValue, _ request: ObjectRequest, status: Int = 200, warnings: [String] = []
  ) throws(StatusError) -> KubeResponse {
    let output = try request.output()
    let shaped: JSONValue
    switch output.shape {
    case .object: shaped = object
    case .partialMetadata(let version), .partialMetadataList(let version):
      shaped = Self.partialMetadata(object, version: version)
    case .table(let version):
      var metadata: JSONValue = [:]
      metadata["resourceVersion"] = object[path: "metadata", "resourceVersion"]
      shaped = documents.table(
        request.resource, [object], version: version, include: request.query["includeObject"], metadata: metadata)
    }
    return try Self.response(shaped, output, status: status, warnings: warnings)
  }

  static func response(
    _ value: JSONValue, _ output: OutputForm, status: Int = 200, warnings: [String] = []
  ) throws(StatusError) -> KubeResponse {
    var headers = [(name: "Content-Type", value: output.encoding.rawValue)]
    headers += warningHeaders(warnings)
    let body = output.encoding == .yaml ? ByteBuffer(string: value.yaml) : ByteBuffer(bytes: value.bytes)
    return KubeResponse(status: status, headers: headers, body: .bytes(body))
  }

  /// Warnings as RFC 7234 section 5.5 has them; kubectl prints them.
  static func warningHeaders(_ warnings: [String]) -> [(name: String, value: String)] {
    warnings.map { warning in
      let quoted = warning.map { character in
        character == "\"" || character == "\\" ? "\\\(character)" : character.isNewline ? " " : String(character)
      }.joined()
      return (name: "Warning", value: "299 - \"\(quoted)\"")
    }
  }

  static func storeFailure(_ error: any Error) -> StatusError {
    if error is CancellationError { return .unavailable("the request was cancelled") }
    if case StoreError.closed = error { return .unavailable("the server is shutting down") }
    return .internalError("\(error)")
  }
}

extension OutputForm {
  static let plain: OutputForm = {
    // An empty Accept is never refused.
    var form: OutputForm?
    do throws(StatusError) { form = try OutputForm(accept: nil) } catch {}
    return form ?? OutputForm()
  }()

  init() {}
}

/// Which objects a list or a watch is for.
struct Selection: Sendable {
  var labels = LabelQuery.everything
  var fields = FieldSelector.everything

  /// - Throws: 400 for a selector that cannot be read or names an unknown field.
  init(_ request: ObjectRequest) throws(StatusError) {
    do throws(SelectorError) {
      if let text = request.query["labelSelector"] { labels = try LabelQuery(parsing: text) }
      if let text = request.query["fieldSelector"] { fields = try FieldSelector(parsing: text) }
    } catch {
      throw .badRequest("\(error)")
    }
    if !request.path.name.isEmpty {
      fields.requirements.append(FieldSelector.Requirement(field: "metadata.name", value: request.path.name))
    }
    if let field = fields.unsupportedField(of: request.resource) {
      throw .badRequest("field label not supported: \(field)")
    }
  }

  var isEverything: Bool { labels.isEmpty && fields.isEmpty }

  /// The one name that can match.
  var name: String? { fields.required("metadata.name") }

  func matches(_ object: JSONValue) -> Bool { labels.matches(object) && fields.matches(object) }
}

/// Where a list goes on: behind a key, and at the revision of its first page.
struct ContinueToken: Sendable, Equatable {
  /// `nil`: at the newest state.
  var revision: Int64?
  var key: String

  init(revision: Int64?, key: String) {
    self.revision = revision
    self.key = key
  }

  /// - Throws: 400 for a token that no server of this kind has made.
  init(_ text: String) throws(StatusError) {
    var padded = text.replacing("-", with: "+").replacing("_", with: "/")
    while padded.utf8.count % 4 != 0 { padded += "=" }
    guard let data = Data(base64Encoded: padded), let json = try? JSONValue(parsing: Array(data)),
      let start = json["start"]?.stringValue, let revision = json["rv"]?.integerValue
    else { throw .badRequest("continue key is not valid: it is not a token of this server") }
    self.revision = revision < 0 ? nil : revision
    key = start
  }

  var text: String {
    let json: JSONValue = ["v": "meta.k8s.io/v1", "rv": .integer(revision ?? -1), "start": .string(key)]
    let encoded = Data(json.bytes).base64EncodedString()
    return encoded.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
