import KubeAPI
import KubeClient
import NIOCore

/// What a ``FakeAPI`` holds.
struct FakeState {
  struct ResourceID: Hashable {
    var group: String
    var version: String
    var resource: String

    init(group: String, version: String, resource: String) {
      self.group = group
      self.version = version
      self.resource = resource
    }

    init(_ resource: GroupVersionResource) {
      self.init(group: resource.group, version: resource.version, resource: resource.resource)
    }

    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  }

  struct Fault {
    var method: String?
    var part: String
    var count: Int
    var error: any Error

    func matches(_ request: KubeRequest) -> Bool {
      (method == nil || method == request.method) && (part.isEmpty || request.path.contains(part))
    }
  }

  struct Change {
    var revision: Int
    var resource: ResourceID
    var key: ObjectKey
    var old: JSONValue?
    /// `nil` where the object was deleted.
    var new: JSONValue?
  }

  struct Filter {
    var resource: ResourceID
    var namespace: String?
    var labels: LabelQuery
    var fields: FieldSelector

    func matches(_ key: ObjectKey, _ object: JSONValue) -> Bool {
      if let namespace, key.namespace != namespace { return false }
      return labels.matches(object) && fields.matches(object)
    }
  }

  struct Watch {
    var number: Int
    var filter: Filter
    var continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
  }

  var revision = 1
  var compacted = 0
  var serial = 0
  var objects: [ResourceID: [ObjectKey: JSONValue]] = [:]
  var history: [Change] = []
  var watches: [Int: Watch] = [:]
  /// The watch that the last request opened.
  var opened: Watch?
  var faults: [Fault] = []
  var requests: [(method: String, path: String)] = []

  // MARK: Storing

  /// Stores an object under a new revision and tells the watches.
  @discardableResult
  mutating func put(_ object: JSONValue, in resource: ResourceID, at key: ObjectKey) -> JSONValue {
    revision += 1
    var object = object
    let old = objects[resource]?[key]
    if object[path: "metadata", "uid"] == nil {
      serial += 1
      let digits = String(serial, radix: 16)
      let uid = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
      object["metadata"]?["uid"] = old?[path: "metadata", "uid"] ?? .string(uid)
    }
    if object[path: "metadata", "creationTimestamp"] == nil {
      object["metadata"]?["creationTimestamp"] =
        old?[path: "metadata", "creationTimestamp"] ?? Time.now().jsonValue
    }
    object["metadata"]?["resourceVersion"] = .string(String(revision))
    objects[resource, default: [:]][key] = object
    tell(Change(revision: revision, resource: resource, key: key, old: old, new: object))
    return object
  }

  mutating func remove(_ resource: ResourceID, _ key: ObjectKey) {
    guard let old = objects[resource]?.removeValue(forKey: key) else { return }
    revision += 1
    tell(Change(revision: revision, resource: resource, key: key, old: old, new: nil))
  }

  private mutating func tell(_ change: Change) {
    history.append(change)
    for watch in watches.values {
      if let frame = Self.frame(of: change, for: watch.filter) { watch.continuation.yield(frame) }
    }
  }

  /// What a watch with that filter sees of a change: an object that enters the selection is added, one that leaves it
  /// is deleted.
  static func frame(of change: Change, for filter: Filter) -> ByteBuffer? {
    guard change.resource == filter.resource else { return nil }
    let before = change.old.map { filter.matches(change.key, $0) } ?? false
    let after = change.new.map { filter.matches(change.key, $0) } ?? false
    switch (before, after) {
    case (false, false): return nil
    case (false, true): return frame("ADDED", change.new ?? .null)
    case (true, true): return frame("MODIFIED", change.new ?? .null)
    case (true, false):
      var object = change.new ?? change.old ?? .null
      object["metadata"]?["resourceVersion"] = .string(String(change.revision))
      return frame("DELETED", object)
    }
  }

  // MARK: Answers

  static func frame(_ type: String, _ object: JSONValue) -> ByteBuffer {
    let event: JSONValue = ["type": .string(type), "object": object]
    return ByteBuffer(bytes: event.bytes + [0x0A])
  }

  static func status(_ error: APIError) -> JSONValue {
    var status: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
      "message": .string(error.message), "reason": .string(error.reason), "code": .integer(Int64(error.code)),
    ]
    if let details = error.details { status["details"] = details.json }
    return status
  }

  static func response(_ error: APIError) -> KubeResponse { response(status(error), code: error.code) }

  static func response(_ json: JSONValue, code: Int = 200) -> KubeResponse {
    KubeResponse(
      status: code, headers: [("Content-Type", "application/json")], body: .bytes(ByteBuffer(bytes: json.bytes)))
  }
}
