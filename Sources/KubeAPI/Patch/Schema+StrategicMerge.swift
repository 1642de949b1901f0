extension Schema {
  /// The object after a strategic merge patch: like a merge patch, but lists that the schema marks are merged by the
  /// key of their elements, and directives in the patch (`$patch`, `$retainKeys`, `$setElementOrder/…`,
  /// `$deleteFromPrimitiveList/…`) say how.
  ///
  /// - Throws: ``PatchError`` for a directive that is none, or an element without its merge key.
  public func applying(
    strategicMergePatch patch: JSONValue, to object: JSONValue, as message: Message
  ) throws(PatchError) -> JSONValue {
    guard case .object(let changes) = patch, case .object(let members) = object else {
      throw .malformed("a strategic merge patch must be a JSON object")
    }
    return .object(try StrategicMerge(schema: self).merge(changes, into: members, message))
  }
}

private struct StrategicMerge {
  let schema: Schema

  private static let directive = "$patch"
  private static let retainKeys = "$retainKeys"
  private static let orderPrefix = "$setElementOrder/"
  private static let deletePrefix = "$deleteFromPrimitiveList/"

  /// - Parameter message: what the object is; `nil` where the schema does not say.
  func merge(
    _ patch: JSONObject, into original: JSONObject, _ message: Schema.Message?
  ) throws(PatchError) -> JSONObject {
    var patch = patch
    var result = original
    if let directive = patch.removeValue(forKey: Self.directive) {
      switch directive.stringValue {
      case "replace": return try cleaned(patch)
      case "delete": return JSONObject()
      case "merge": break
      default: throw .malformed("unknown patch type: \(directive.text)")
      }
    }
    try retain(&patch, &result)
    try order(&patch, &result, message)
    for (key, change) in patch {
      if key.hasPrefix(Self.deletePrefix) {
        let name = String(key.dropFirst(Self.deletePrefix.count))
        guard case .array(let unwanted) = change else { throw .malformed("\(key) must be a list") }
        if let elements = result[name]?.arrayValue {
          result[name] = .array(elements.filter { !unwanted.contains($0) })
        }
        continue
      }
      if change.isNull {
        result.removeValue(forKey: key)
        continue
      }
      let field = message?.field(key)
      switch (result[key], change) {
      case (.object(let before)?, .object(let after)):
        if field?.patchStrategy.contains(.replace) == true {
          result[key] = .object(try cleaned(after))
        } else {
          let inner = field.flatMap { $0.shape == .one ? schema.message($0.kind) : nil }
          result[key] = .object(try merge(after, into: before, inner))
        }
      case (.array(let before)?, .array(let after)):
        result[key] = .array(try mergeList(after, into: before, field))
      default: result[key] = try cleaned(change)
      }
    }
    return result
  }

  /// A value of the patch that stands where the object has none: without nulls and directives.
  private func cleaned(_ value: JSONValue) throws(PatchError) -> JSONValue {
    switch value {
    case .object(let object): return .object(try cleaned(object))
    case .array(let elements):
      var kept: [JSONValue] = []
      for element in elements {
        // An element that is to be deleted is not there to begin with; one that only says `replace` says nothing more.
        if let directive = element[Self.directive]?.stringValue, directive == "delete" || directive == "replace" {
          continue
        }
        kept.append(try cleaned(element))
      }
      return .array(kept)
    default: return value
    }
  }

  private func cleaned(_ object: JSONObject) throws(PatchError) -> JSONObject {
    var result = JSONObject()
    if object[Self.directive] == "delete" { return result }
    for (key, member) in object {
      if member.isNull || key == Self.directive || key == Self.retainKeys || key.hasPrefix(Self.orderPrefix)
        || key.hasPrefix(Self.deletePrefix)
      {
        continue
      }
      result[key] = try cleaned(member)
    }
    return result
  }

  /// Takes away the members that `$retainKeys` does not name.
  private func retain(_ patch: inout JSONObject, _ result: inout JSONObject) throws(PatchError) {
    guard let value = patch.removeValue(forKey: Self.retainKeys) else { return }
    guard case .array(let list) = value else { throw .malformed("\(Self.retainKeys) must be a list") }
    let kept = Set(list.compactMap(\.stringValue))
    for (key, change) in patch where !key.hasPrefix("$") && !change.isNull && !kept.contains(key) {
      throw .malformed("\(Self.retainKeys) does not name \(key), which the patch has")
    }
    for key in result.keys where !kept.contains(key) { result.removeValue(forKey: key) }
  }

  /// Merges the lists whose order the patch states, and takes them out of the patch.
  private func order(
    _ patch: inout JSONObject, _ result: inout JSONObject, _ message: Schema.Message?
  ) throws(PatchError) {
    for key in patch.keys where key.hasPrefix(Self.orderPrefix) {
      guard case .array(let order)? = patch.removeValue(forKey: key) else {
        throw .malformed("\(key) must be a list")
      }
      let name = String(key.dropFirst(Self.orderPrefix.count))
      let field = message?.field(name)
      let original = result[name]?.arrayValue
      var merged = original ?? []
      if case .array(let unwanted)? = patch.removeValue(forKey: Self.deletePrefix + name) {
        merged.removeAll { unwanted.contains($0) }
      }
      switch patch[name] {
      case .array(let changes)?:
        patch.removeValue(forKey: name)
        merged =
          original == nil ? try cleaned(.array(changes)).arrayValue ?? [] : try mergeList(changes, into: merged, field)
      case nil: if original == nil { continue }
      default: continue  // null or another type: what is said of the member itself decides
      }
      result[name] = .array(try arranged(merged, by: order, before: original ?? [], mergeKey(field)))
    }
  }

  private func mergeKey(_ field: Schema.Field?) -> String? {
    field?.patchStrategy.contains(.merge) == true ? field?.patchMergeKey : nil
  }

  private func mergeList(
    _ patch: [JSONValue], into original: [JSONValue], _ field: Schema.Field?
  ) throws(PatchError) -> [JSONValue] {
    guard let field, field.patchStrategy.contains(.merge) else { return try cleaned(.array(patch)).arrayValue ?? [] }
    guard let key = field.patchMergeKey else {
      var result = original
      for element in patch where !result.contains(element) { result.append(element) }
      return try arranged(result, by: patch, before: original, nil)
    }
    var result = original
    var changes: [JSONValue] = []
    var replacesAll = false
    for element in patch {
      guard case .object(let members) = element else {
        throw .malformed("the elements of \(field.name) must be objects with the merge key \(key)")
      }
      switch members[Self.directive]?.stringValue {
      case "delete"?:
        guard let value = members[key] else { throw missing(key, element) }
        result.removeAll { $0[key] == value }
      case "replace"?:
        replacesAll = true
        // An element that has more than the directive is one of the new list.
        if members.count > 1 { changes.append(element) }
      case "merge"?: throw .malformed("merging lists cannot yet be specified in the patch")
      case nil where members.contains(Self.directive):
        throw .malformed("unknown patch type: \(members[Self.directive]?.text ?? "")")
      case nil: changes.append(element)
      default: throw .malformed("unknown patch type: \(members[Self.directive]?.text ?? "")")
      }
    }
    if replacesAll {
      var all: [JSONValue] = []
      for case .object(var members) in changes {
        members.removeValue(forKey: Self.directive)
        all.append(.object(try cleaned(members)))
      }
      return all
    }
    let inner = schema.message(field.kind)
    for change in changes {
      guard case .object(let members) = change, let value = members[key] else { throw missing(key, change) }
      if let position = result.firstIndex(where: { $0[key] == value }), case .object(let before) = result[position] {
        result[position] = .object(try merge(members, into: before, inner))
      } else {
        result.append(.object(try cleaned(members)))
      }
    }
    return try arranged(result, by: changes, before: original, key)
  }

  private func missing(_ key: String, _ element: JSONValue) -> PatchError {
    .malformed("map: \(element.text) does not contain declared merge key: \(key)")
  }

  /// The elements in order: those that `order` names as it has them, and the others where they stood among them.
  private func arranged(
    _ elements: [JSONValue], by order: [JSONValue], before: [JSONValue], _ key: String?
  ) throws(PatchError) -> [JSONValue] {
    func identity(_ value: JSONValue) -> JSONValue { key.flatMap { value[$0] } ?? value }
    func ranks(_ list: [JSONValue]) -> [JSONValue: Int] {
      Dictionary(list.enumerated().map { (identity($1), $0) }, uniquingKeysWith: { first, _ in first })
    }
    let wanted = ranks(order)
    let former = ranks(before)
    func sorted(_ list: [JSONValue], _ ranks: [JSONValue: Int]) -> [JSONValue] {
      list.enumerated().sorted { left, right in
        let leftRank = ranks[identity(left.element)] ?? Int.max
        let rightRank = ranks[identity(right.element)] ?? Int.max
        return leftRank == rightRank ? left.offset < right.offset : leftRank < rightRank
      }.map(\.element)
    }
    var named = sorted(elements.filter { wanted[identity($0)] != nil }, wanted)[...]
    var others = sorted(elements.filter { wanted[identity($0)] == nil }, former)[...]
    var result: [JSONValue] = []
    result.reserveCapacity(elements.count)
    while let next = named.first, let other = others.first {
      if let left = former[identity(other)], let right = former[identity(next)], left < right {
        result.append(other)
        others.removeFirst()
      } else {
        result.append(next)
        named.removeFirst()
      }
    }
    return result + named + others
  }
}
