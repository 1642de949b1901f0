/// Fields of a configuration that others own with another value. A server answers 409.
public struct ApplyConflicts: Error, Hashable, CustomStringConvertible {
  public struct Conflict: Sendable, Hashable {
    public var manager: String
    public var apiVersion: String
    /// `.spec.replicas`.
    public var field: String

    /// `conflict with "kubectl" using apps/v1`.
    public var message: String { "conflict with \"\(manager)\"" + (apiVersion.isEmpty ? "" : " using \(apiVersion)") }
  }

  public var conflicts: [Conflict]

  public var description: String {
    let count = conflicts.count
    let list = conflicts.map { "\($0.message): \($0.field)" }
    return "Apply failed with \(count) conflict\(count == 1 ? "" : "s"): "
      + (count == 1 ? list[0] : list.joined(separator: "\n"))
  }

  /// The causes of the Status: reason `FieldManagerConflict`.
  public var causes: [JSONValue] {
    conflicts.map {
      ["reason": "FieldManagerConflict", "message": .string($0.message), "field": .string($0.field)]
    }
  }
}

/// Who makes a change, for `managedFields` (KEP-555).
public struct FieldManager: Sendable, Hashable {
  public var name: String
  /// The subresource through which the change is made; empty for the object itself.
  public var subresource: String

  public init(_ name: String, subresource: String = "") {
    self.name = name
    self.subresource = subresource
  }
}

extension Schema {
  /// The object after server-side apply: what the configuration says, without what the manager said before and says no
  /// more, and with `managedFields` to match. Whoever calls has read the configuration by ``decode(_:as:)`` and validates
  /// the result.
  ///
  /// - Parameters:
  ///   - live: the stored object; `nil` where there is none yet.
  ///   - force: takes over fields that others own.
  /// - Throws: ``ApplyConflicts``, only without `force`.
  public func applying(
    configuration: JSONValue, to live: JSONValue?, as message: Message, manager: FieldManager, force: Bool,
    now: Time = .now()
  ) throws(ApplyConflicts) -> JSONValue {
    var entries = ManagedFields(live)
    let object = live ?? ["apiVersion": configuration["apiVersion"] ?? "", "kind": configuration["kind"] ?? ""]
    var configuration = configuration
    if configuration["metadata"]?["managedFields"] != nil { configuration["metadata"]?["managedFields"] = nil }
    let wanted = fields(of: configuration, as: message)
    let own = entries.position(manager, operation: "Apply")
    var conflicts: [ApplyConflicts.Conflict] = []
    for index in entries.list.indices where index != own {
      for path in wanted.paths where entries.list[index].fields.contains(path) {
        let now = value(at: path, in: object, nil, message)
        let then = value(at: path, in: configuration, nil, message)
        // Elements of keyed lists are there together; what they have inside is looked at by itself.
        if case .key? = path.last { continue }
        if now == nil || now == then { continue }
        let entry = entries.list[index].json
        conflicts.append(
          ApplyConflicts.Conflict(
            manager: entry["manager"]?.stringValue ?? "", apiVersion: entry["apiVersion"]?.stringValue ?? "",
            field: FieldSet.text(path)))
        entries.list[index].fields.remove(path)
      }
    }
    if !conflicts.isEmpty, !force { throw ApplyConflicts(conflicts: conflicts) }

    var result = merged(object, configuration, message)
    if let own {
      var others = FieldSet()
      for index in entries.list.indices where index != own { others.formUnion(entries.list[index].fields) }
      // From the root down: an element goes as a whole while its key can still be read.
      for path in entries.list[own].fields.paths where !wanted.contains(path) && !wanted.reaches(path) {
        if !others.reaches(path) { remove(path, from: &result, nil, message) }
      }
    }
    entries.set(wanted, manager, operation: "Apply", apiVersion: configuration["apiVersion"], now)
    entries.store(in: &result)
    return result
  }

  /// The object with `managedFields` that record what a create, update or patch changed.
  ///
  /// - Parameter old: the object before; `nil` where it is new.
  public func recordingUpdate(
    of new: JSONValue, from old: JSONValue?, as message: Message, manager: FieldManager, now: Time = .now()
  ) -> JSONValue {
    var entries = ManagedFields(old)
    var result = new
    let after = fields(of: new, as: message)
    let before = old.map { fields(of: $0, as: message) } ?? FieldSet()
    var changed = FieldSet()
    for path in after.paths
    where old.flatMap({ value(at: path, in: $0, nil, message) }) != value(at: path, in: new, nil, message) {
      if case .key? = path.last, before.contains(path) { continue }
      changed.insert(path)
    }
    let removed = before.paths.filter { !after.contains($0) }
    let own = entries.position(manager, operation: "Update")
    for index in entries.list.indices {
      for path in removed { entries.list[index].fields.remove(path) }
      if index != own { for path in changed.paths { entries.list[index].fields.remove(path) } }
    }
    if !changed.isEmpty {
      if let own { changed.formUnion(entries.list[own].fields) }
      entries.set(changed, manager, operation: "Update", apiVersion: new["apiVersion"], now)
    }
    entries.store(in: &result)
    return result
  }
}

/// The entries of `managedFields`, with their sets read.
private struct ManagedFields {
  var list: [(json: JSONValue, fields: FieldSet)]

  init(_ object: JSONValue?) {
    let entries = object?[path: "metadata", "managedFields"]?.arrayValue ?? []
    list = entries.map { ($0, FieldSet(fieldsV1: $0["fieldsV1"] ?? [:])) }
  }

  func position(_ manager: FieldManager, operation: String) -> Int? {
    list.firstIndex {
      $0.json["manager"]?.stringValue == manager.name && $0.json["operation"]?.stringValue == operation
        && ($0.json["subresource"]?.stringValue ?? "") == manager.subresource
    }
  }

  mutating func set(
    _ fields: FieldSet, _ manager: FieldManager, operation: String, apiVersion: JSONValue?, _ now: Time
  ) {
    let position = position(manager, operation: operation)
    if let position, list[position].fields == fields { return }
    var entry: JSONValue = [
      "manager": .string(manager.name), "operation": .string(operation), "apiVersion": apiVersion ?? "",
      "time": now.jsonValue, "fieldsType": "FieldsV1", "fieldsV1": fields.fieldsV1,
    ]
    if !manager.subresource.isEmpty { entry["subresource"] = .string(manager.subresource) }
    if let position { list[position] = (entry, fields) } else { list.append((entry, fields)) }
  }

  func store(in object: inout JSONValue) {
    var entries: [JSONValue] = []
    for entry in list where !entry.fields.isEmpty {
      var json = entry.json
      json["fieldsV1"] = entry.fields.fieldsV1
      entries.append(json)
    }
    var metadata = object["metadata"] ?? [:]
    metadata["managedFields"] = entries.isEmpty ? nil : .array(entries)
    object["metadata"] = metadata
  }
}
