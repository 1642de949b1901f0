import KubeAPI
import KubeClient
import NIOCore

/// The parts of a request's path.
struct FakePath {
  var resource: FakeState.ResourceID
  var namespace: String?
  var name: String?
  var subresource: String?

  init(_ path: String) throws(APIError) {
    var parts = path.split(separator: "/").map(String.init)[...]
    func unknown() -> APIError {
      APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
    }
    func take() throws(APIError) -> String {
      guard let part = parts.popFirst() else { throw unknown() }
      return part
    }
    let group: String
    switch try take() {
    case "api": group = ""
    case "apis": group = try take()
    default: throw unknown()
    }
    let version = try take()
    // `namespaces/NS/…` leads to a namespace's objects, `namespaces/NS/status` to a part of the namespace itself.
    if parts.first == "namespaces", parts.count > 2, !["status", "finalize"].contains(parts[parts.startIndex + 2]) {
      parts.removeFirst()
      namespace = parts.removeFirst()
    }
    resource = FakeState.ResourceID(group: group, version: version, resource: try take())
    name = parts.popFirst()
    subresource = parts.popFirst()
  }

  var key: ObjectKey { ObjectKey(namespace: namespace ?? "", name: name ?? "") }
}

extension FakeState {
  mutating func answer(_ request: KubeRequest) throws(APIError) -> KubeResponse {
    let path = try FakePath(request.path)
    let query = Dictionary(request.query.map { ($0.name, $0.value) }) { _, last in last }
    var body = JSONValue.null
    if let bytes = request.body {
      do { body = try JSONValue(parsing: bytes.readableBytesView) } catch {
        throw APIError(code: 400, reason: "BadRequest", message: "\(error)")
      }
    }
    switch (request.method, path.name) {
    case ("GET", nil):
      let filter = try Self.filter(path, query)
      return query["watch"] == "true" ? try watch(filter, query) : try list(filter, query)
    case ("GET", _): return Self.response(try object(path))
    case ("POST", nil): return Self.response(try create(path, body), code: 201)
    case ("POST", _): return Self.response(try post(path, body), code: 201)
    case ("PUT", _): return Self.response(try replace(path, body))
    case ("PATCH", _):
      let type = request.headers.first { $0.name.lowercased() == "content-type" }?.value ?? ""
      return Self.response(try patch(path, body, type))
    case ("DELETE", _?): return Self.response(try delete(path, body))
    default:
      throw APIError(code: 405, reason: "MethodNotAllowed", message: "the fake API has no \(request.method) here")
    }
  }

  func object(_ path: FakePath) throws(APIError) -> JSONValue {
    guard let object = objects[path.resource]?[path.key] else {
      throw APIError(
        code: 404, reason: "NotFound", message: "\(path.resource.resource) \"\(path.name ?? "")\" not found")
    }
    return object
  }

  // MARK: Reading

  private static func filter(_ path: FakePath, _ query: [String: String]) throws(APIError) -> Filter {
    do {
      return Filter(
        resource: path.resource, namespace: path.namespace,
        labels: try LabelQuery(parsing: query["labelSelector"] ?? ""),
        fields: try FieldSelector(parsing: query["fieldSelector"] ?? ""))
    } catch {
      throw APIError(code: 400, reason: "BadRequest", message: "\(error)")
    }
  }

  private func list(_ filter: Filter, _ query: [String: String]) throws(APIError) -> KubeResponse {
    var all = (objects[filter.resource] ?? [:]).filter { filter.matches($0.key, $0.value) }.sorted { $0.key < $1.key }
    var metadata: JSONValue = ["resourceVersion": .string(String(revision))]
    if let token = query["continue"] {
      let parts = token.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2, let version = Int(parts[0]) else {
        throw APIError(code: 400, reason: "BadRequest", message: "the continue token is not valid")
      }
      guard version >= compacted else { throw Self.expired(version) }
      all.removeAll { $0.key.description <= parts[1] }
      metadata["resourceVersion"] = .string(String(version))
    }
    if let limit = query["limit"].flatMap({ Int($0) }), limit > 0, all.count > limit {
      let version = metadata["resourceVersion"]?.stringValue ?? ""
      metadata["continue"] = .string("\(version) \(all[limit - 1].key)")
      metadata["remainingItemCount"] = .integer(Int64(all.count - limit))
      all.removeSubrange(limit...)
    }
    let items = all.map { entry in
      var item = entry.value
      item["kind"] = nil
      item["apiVersion"] = nil
      return item
    }
    return Self.response([
      "kind": "List", "apiVersion": .string(filter.resource.apiVersion), "metadata": metadata, "items": .array(items),
    ])
  }

  private static func expired(_ version: Int) -> APIError {
    APIError(code: 410, reason: "Expired", message: "too old resource version: \(version)")
  }

  private mutating func watch(_ filter: Filter, _ query: [String: String]) throws(APIError) -> KubeResponse {
    let asked = query["resourceVersion"] ?? ""
    let version = asked.isEmpty || asked == "0" ? 0 : Int(asked) ?? 0
    if version > 0, version < compacted { throw Self.expired(version) }
    let (parts, continuation) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
    if version == 0 {
      for (key, object) in (objects[filter.resource] ?? [:]).sorted(by: { $0.key < $1.key })
      where filter.matches(key, object) {
        continuation.yield(Self.frame("ADDED", object))
      }
    } else {
      for change in history where change.revision > version {
        if let frame = Self.frame(of: change, for: filter) { continuation.yield(frame) }
      }
    }
    serial += 1
    let watch = Watch(number: serial, filter: filter, continuation: continuation)
    watches[serial] = watch
    opened = watch
    return KubeResponse(status: 200, headers: [("Content-Type", "application/json")], body: .stream(parts))
  }

  // MARK: Writing

  private mutating func create(_ path: FakePath, _ body: JSONValue) throws(APIError) -> JSONValue {
    var object = body
    if object["metadata"] == nil { object["metadata"] = [:] }
    if let namespace = path.namespace { object["metadata"]?["namespace"] = .string(namespace) }
    if (object[path: "metadata", "name"]?.stringValue ?? "").isEmpty {
      guard let prefix = object[path: "metadata", "generateName"]?.stringValue, !prefix.isEmpty else {
        throw APIError(code: 422, reason: "Invalid", message: "metadata.name: Required value: name or generateName")
      }
      let letters = Array("bcdfghjklmnpqrstvwxz2456789")
      let suffix = String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count)] })
      object["metadata"]?["name"] = .string(prefix + suffix)
    }
    let key = ObjectKey(
      namespace: path.namespace ?? "", name: object[path: "metadata", "name"]?.stringValue ?? "")
    if objects[path.resource]?[key] != nil {
      throw APIError(
        code: 409, reason: "AlreadyExists", message: "\(path.resource.resource) \"\(key.name)\" already exists")
    }
    object["metadata"]?["uid"] = nil
    object["metadata"]?["creationTimestamp"] = nil
    if object["spec"] != nil { object["metadata"]?["generation"] = 1 }
    if path.resource.resource == "pods", object[path: "status", "phase"] == nil {
      object["status"] = ["phase": "Pending"]
    }
    return put(object, in: path.resource, at: key)
  }

  private mutating func post(_ path: FakePath, _ body: JSONValue) throws(APIError) -> JSONValue {
    var object = try object(path)
    switch path.subresource {
    case "binding":
      guard let node = body[path: "target", "name"]?.stringValue, !node.isEmpty else {
        throw APIError(code: 422, reason: "Invalid", message: "target.name: Required value")
      }
      guard object[path: "spec", "nodeName"] == nil else {
        throw APIError(code: 409, reason: "Conflict", message: "pod \(path.name ?? "") is already assigned to a node")
      }
      if object["spec"] == nil { object["spec"] = [:] }
      object["spec"]?["nodeName"] = .string(node)
      var pod = Pod(json: object)
      pod.status.conditions =
        pod.status.conditions.filter { $0.type != "PodScheduled" }
        + [
          PodCondition {
            $0.type = "PodScheduled"
            $0.status = "True"
            $0.lastTransitionTime = .now()
          }
        ]
      put(pod.json, in: path.resource, at: path.key)
      return ["kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201]
    case "eviction":
      return try delete(path, ["gracePeriodSeconds": body[path: "deleteOptions", "gracePeriodSeconds"] ?? 0])
    default:
      throw APIError(
        code: 404, reason: "NotFound", message: "the fake API has no subresource \(path.subresource ?? "")")
    }
  }

  private mutating func replace(_ path: FakePath, _ body: JSONValue) throws(APIError) -> JSONValue {
    let old = try object(path)
    if let version = body[path: "metadata", "resourceVersion"]?.stringValue, !version.isEmpty,
      version != old[path: "metadata", "resourceVersion"]?.stringValue
    {
      throw APIError(
        code: 409, reason: "Conflict",
        message: "Operation cannot be fulfilled on \(path.resource.resource) \"\(path.name ?? "")\": "
          + "the object has been modified; please apply your changes to the latest version and try again")
    }
    if let uid = body[path: "metadata", "uid"]?.stringValue, uid != old[path: "metadata", "uid"]?.stringValue {
      throw APIError(code: 409, reason: "Conflict", message: "Precondition failed: UID in precondition: \(uid)")
    }
    return store(path, old: old, new: body)
  }

  private mutating func patch(_ path: FakePath, _ body: JSONValue, _ type: String) throws(APIError) -> JSONValue {
    let old: JSONValue
    do throws(APIError) {
      old = try object(path)
    } catch  where type == PatchKind.apply.contentType && path.subresource == nil {
      return try create(path, body)
    }
    let new: JSONValue
    switch type {
    case PatchKind.merge.contentType, PatchKind.apply.contentType: new = FakePatch.merge(body, into: old)
    case PatchKind.strategic.contentType: new = FakePatch.strategic(body, into: old)
    case PatchKind.json.contentType: new = try FakePatch.json(body, on: old)
    default:
      throw APIError(code: 415, reason: "UnsupportedMediaType", message: "the fake API has no patches of type \(type)")
    }
    return try replace(path, new)
  }

  /// Stores what a request may change of an object: all but the status, or the status alone.
  private mutating func store(_ path: FakePath, old: JSONValue, new: JSONValue) -> JSONValue {
    var object = new
    if path.subresource == "status" {
      object = old
      object["status"] = new["status"]
      // Status requests may also change the metadata that they are given, as upstream allows for labels and the like.
    } else if path.subresource != "finalize" {
      object["status"] = old["status"]
    }
    for field in ["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"] {
      object["metadata"]?[field] = old[path: "metadata", field]
    }
    object["metadata"]?["name"] = .string(path.key.name)
    if !path.key.namespace.isEmpty { object["metadata"]?["namespace"] = .string(path.key.namespace) }
    object["metadata"]?["resourceVersion"] = old[path: "metadata", "resourceVersion"]
    if object == old { return old }
    if object["spec"] != old["spec"] {
      let generation = old[path: "metadata", "generation"]?.integerValue ?? 1
      object["metadata"]?["generation"] = .integer(generation + 1)
    }
    let isFinished =
      object[path: "metadata", "deletionTimestamp"] != nil
      && (object[path: "metadata", "finalizers"]?.arrayValue ?? []).isEmpty
      && object[path: "metadata", "deletionGracePeriodSeconds"]?.integerValue ?? 0 == 0
      && (object[path: "spec", "finalizers"]?.arrayValue ?? []).isEmpty
    let stored = put(object, in: path.resource, at: path.key)
    if isFinished { remove(path.resource, path.key) }
    return stored
  }

  private mutating func delete(_ path: FakePath, _ options: JSONValue) throws(APIError) -> JSONValue {
    var object = try object(path)
    let uid = object[path: "metadata", "uid"]?.stringValue
    if let expected = options[path: "preconditions", "uid"]?.stringValue, expected != uid {
      throw APIError(code: 409, reason: "Conflict", message: "Precondition failed: UID in precondition: \(expected)")
    }
    let version = object[path: "metadata", "resourceVersion"]?.stringValue
    if let expected = options[path: "preconditions", "resourceVersion"]?.stringValue, expected != version {
      throw APIError(code: 409, reason: "Conflict", message: "Precondition failed: resourceVersion: \(expected)")
    }
    var grace: Int64 = 0
    // Only a pod that runs on a node is given time; its kubelet deletes it for good.
    if path.resource.resource == "pods", let node = object[path: "spec", "nodeName"]?.stringValue, !node.isEmpty,
      !["Succeeded", "Failed"].contains(object[path: "status", "phase"]?.stringValue ?? "")
    {
      grace =
        options["gracePeriodSeconds"]?.integerValue
        ?? object[path: "spec", "terminationGracePeriodSeconds"]?.integerValue ?? 30
    }
    var finalizers = object[path: "metadata", "finalizers"]?.arrayValue ?? []
    switch options["propagationPolicy"]?.stringValue {
    case "Foreground": if !finalizers.contains("foregroundDeletion") { finalizers.append("foregroundDeletion") }
    case "Orphan": if !finalizers.contains("orphan") { finalizers.append("orphan") }
    default: break
    }
    let holds = !finalizers.isEmpty || !(object[path: "spec", "finalizers"]?.arrayValue ?? []).isEmpty
    guard grace > 0 || holds else {
      remove(path.resource, path.key)
      return ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"]
    }
    if !finalizers.isEmpty { object["metadata"]?["finalizers"] = .array(finalizers) }
    let oldGrace = object[path: "metadata", "deletionGracePeriodSeconds"]?.integerValue
    if object[path: "metadata", "deletionTimestamp"] == nil || grace < oldGrace ?? 0 {
      object["metadata"]?["deletionTimestamp"] = Time(seconds: Time.now().seconds + grace).jsonValue
      object["metadata"]?["deletionGracePeriodSeconds"] = .integer(grace)
      if path.resource.resource == "namespaces" {
        if object["status"] == nil { object["status"] = [:] }
        object["status"]?["phase"] = "Terminating"
      }
      return put(object, in: path.resource, at: path.key)
    }
    return object
  }
}
