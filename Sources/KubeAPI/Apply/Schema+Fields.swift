/// Walks objects along the schema for server-side apply.
extension Schema {
  /// What the server or the object's name says of itself belongs to no manager.
  private static let unmanaged: [[FieldSet.Step]] =
    [
      [.field("apiVersion")], [.field("kind")],
    ]
    + [
      "name", "generateName", "namespace", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
      "selfLink", "uid", "generation", "managedFields", "resourceVersion",
    ].map { [.field("metadata"), .field($0)] }

  /// The places that an object fills: values, lists and maps that are set as a whole, and elements of keyed lists.
  public func fields(of object: JSONValue, as message: Message) -> FieldSet {
    var set = FieldSet()
    var path: [FieldSet.Step] = []
    collect(object, message, &path, &set)
    for path in Self.unmanaged { set.remove(path) }
    return set
  }

  private func collect(
    _ value: JSONValue, _ message: Message, _ path: inout [FieldSet.Step], _ set: inout FieldSet
  ) {
    guard case .object(let object) = value, !object.isEmpty, !message.isBareList else {
      set.insert(path)
      return
    }
    for (key, member) in object {
      guard let field = message.field(key) else { continue }
      path.append(.field(key))
      collect(member, field, &path, &set)
      path.removeLast()
    }
  }

  private func collect(_ value: JSONValue, _ field: Field, _ path: inout [FieldSet.Step], _ set: inout FieldSet) {
    let inner = message(field.kind)
    switch (field.shape, value) {
    case (.one, _):
      if let inner { collect(value, inner, &path, &set) } else { set.insert(path) }
    case (.map, .object(let members)) where !field.isAtomicMap && !members.isEmpty:
      for (key, member) in members {
        path.append(.field(key))
        if let inner { collect(member, inner, &path, &set) } else { set.insert(path) }
        path.removeLast()
      }
    case (.list, .array(let elements)) where !elements.isEmpty:
      switch field.listType {
      case .set:
        for element in elements { set.insert(path + [.value(element)]) }
      case .map(let keys):
        for element in elements {
          path.append(.key(identity(element, keys, inner)))
          set.insert(path)
          if let inner { collect(element, inner, &path, &set) }
          path.removeLast()
        }
      default: set.insert(path)
      }
    default: set.insert(path)
    }
  }

  /// The members that tell an element of a list from the others; a key that is not there has its default.
  func identity(_ element: JSONValue, _ keys: [String], _ message: Message?) -> JSONObject {
    JSONObject(
      keys.compactMap { key in (element[key] ?? message?.field(key)?.defaultValue).map { (key, $0) } })
  }

  // MARK: Parts of values

  /// The value at a path; `nil` where there is none.
  func value(at path: some Collection<FieldSet.Step>, in value: JSONValue, _ field: Field?, _ message: Message?)
    -> JSONValue?
  {
    guard let step = path.first else { return value }
    switch step {
    case .field(let name):
      guard let member = value[name] else { return nil }
      if let field, field.shape == .map { return self.value(at: path.dropFirst(), in: member, nil, message) }
      let next = message?.field(name)
      return self.value(at: path.dropFirst(), in: member, next, next.flatMap { self.message($0.kind) })
    case .key, .value, .index:
      guard let elements = value.arrayValue, let position = position(of: step, in: elements, message) else {
        return nil
      }
      return self.value(at: path.dropFirst(), in: elements[position], nil, message)
    }
  }

  func position(of step: FieldSet.Step, in elements: [JSONValue], _ message: Message?) -> Int? {
    switch step {
    case .key(let members): elements.firstIndex { identity($0, members.keys, message) == members }
    case .value(let value): elements.firstIndex(of: value)
    case .index(let index): elements.indices.contains(index) ? index : nil
    case .field: nil
    }
  }

  /// Takes away what is at a path.
  func remove(_ path: some Collection<FieldSet.Step>, from value: inout JSONValue, _ field: Field?, _ message: Message?)
  {
    guard let step = path.first else { return }
    let isLast = path.count == 1
    switch step {
    case .field(let name):
      if isLast {
        value[name] = nil
        return
      }
      guard var member = value[name] else { return }
      if let field, field.shape == .map {
        remove(path.dropFirst(), from: &member, nil, message)
      } else {
        let next = message?.field(name)
        remove(path.dropFirst(), from: &member, next, next.flatMap { self.message($0.kind) })
      }
      value[name] = member
    case .key, .value, .index:
      guard var elements = value.arrayValue, let position = position(of: step, in: elements, message) else { return }
      if isLast {
        elements.remove(at: position)
      } else {
        remove(path.dropFirst(), from: &elements[position], nil, message)
      }
      value = .array(elements)
    }
  }

  // MARK: Merging

  /// The object with all that a configuration says.
  func merged(_ live: JSONValue, _ configuration: JSONValue, _ message: Message) -> JSONValue {
    guard case .object(var result) = live, case .object(let changes) = configuration, !message.isBareList else {
      return configuration
    }
    for (key, change) in changes {
      guard let field = message.field(key) else {
        if message.isTopLevel { result[key] = change }
        continue
      }
      result[key] = result[key].map { merged($0, change, field) } ?? change
    }
    return .object(result)
  }

  private func merged(_ live: JSONValue, _ change: JSONValue, _ field: Field) -> JSONValue {
    let inner = message(field.kind)
    switch (field.shape, live, change) {
    case (.one, _, _): return inner.map { merged(live, change, $0) } ?? change
    case (.map, .object(var result), .object(let changes)) where !field.isAtomicMap:
      for (key, member) in changes {
        result[key] = result[key].flatMap { before in inner.map { merged(before, member, $0) } } ?? member
      }
      return .object(result)
    case (.list, .array(let before), .array(let changes)):
      switch field.listType {
      case .set: return .array(before + changes.filter { !before.contains($0) })
      case .map(let keys):
        var result = before
        for change in changes {
          let identity = identity(change, keys, inner)
          if let position = position(of: .key(identity), in: result, inner) {
            result[position] = inner.map { merged(result[position], change, $0) } ?? change
          } else {
            result.append(change)
          }
        }
        return .array(result)
      default: return change
      }
    default: return change
    }
  }
}
