import KubeAPI
import KubeClient

/// Patches without a schema.
enum FakePatch {
  /// RFC 7386.
  static func merge(_ patch: JSONValue, into target: JSONValue) -> JSONValue {
    guard let members = patch.objectValue else { return patch }
    var result = target.objectValue.map { JSONValue.object($0) } ?? [:]
    for (key, value) in members {
      result[key] = value.isNull ? nil : merge(value, into: result[key] ?? .null)
    }
    return result
  }

  /// As a merge patch, but lists whose elements all have a `type`, `name`, `uid` or `ip` are merged by it. That is the
  /// key of the lists that status patches touch; a schema would know it of each list.
  static func strategic(_ patch: JSONValue, into target: JSONValue) -> JSONValue {
    switch patch {
    case .object(let members):
      var result = target.objectValue.map { JSONValue.object($0) } ?? [:]
      for (key, value) in members where !key.hasPrefix("$") {
        result[key] = value.isNull ? nil : strategic(value, into: result[key] ?? .null)
      }
      return result
    case .array(let elements):
      guard let old = target.arrayValue,
        let key = ["type", "name", "uid", "ip"].first(where: { key in
          (elements + old).allSatisfy { $0[key]?.stringValue != nil }
        })
      else { return .array(elements.filter { $0["$patch"]?.stringValue != "delete" }) }
      var result = old
      for element in elements {
        let position = result.firstIndex { $0[key] == element[key] }
        if element["$patch"]?.stringValue == "delete" {
          if let position { result.remove(at: position) }
        } else if let position {
          result[position] = strategic(element, into: result[position])
        } else {
          result.append(element)
        }
      }
      return .array(result)
    default: return patch
    }
  }

  /// RFC 6902.
  static func json(_ patch: JSONValue, on target: JSONValue) throws(APIError) -> JSONValue {
    var result = target
    for operation in patch.arrayValue ?? [] {
      let path = try pointer(operation["path"])
      switch operation["op"]?.stringValue {
      case "add": try change(&result, path[...]) { _ in operation["value"] ?? .null }
      case "replace":
        guard value(at: path, in: result) != nil else { throw invalid("nothing to replace at \(path)") }
        try change(&result, path[...], replacing: true) { _ in operation["value"] ?? .null }
      case "remove":
        guard value(at: path, in: result) != nil else { throw invalid("nothing to remove at \(path)") }
        try change(&result, path[...], replacing: true) { _ in nil }
      case "test":
        guard value(at: path, in: result) == operation["value"] else { throw invalid("the test of \(path) failed") }
      case "move", "copy":
        let from = try pointer(operation["from"])
        guard let moved = value(at: from, in: result) else { throw invalid("nothing at \(from)") }
        if operation["op"] == "move" { try change(&result, from[...], replacing: true) { _ in nil } }
        try change(&result, path[...]) { _ in moved }
      default: throw invalid("the operation \(operation["op"]?.stringValue ?? "") is unknown")
      }
    }
    return result
  }

  private static func invalid(_ message: String) -> APIError {
    APIError(code: 422, reason: "Invalid", message: message)
  }

  private static func pointer(_ value: JSONValue?) throws(APIError) -> [String] {
    guard let text = value?.stringValue, text.isEmpty || text.hasPrefix("/") else { throw invalid("no JSON pointer") }
    return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
      part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
        .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }
  }

  private static func value(at path: [String], in document: JSONValue) -> JSONValue? {
    var value: JSONValue? = document
    for part in path {
      if let array = value?.arrayValue {
        value = Int(part).flatMap { array.indices.contains($0) ? array[$0] : nil }
      } else {
        value = value?[part]
      }
    }
    return value
  }

  private static func change(
    _ value: inout JSONValue, _ path: ArraySlice<String>, replacing: Bool = false, _ body: (JSONValue?) -> JSONValue?
  ) throws(APIError) {
    guard let part = path.first else {
      value = body(value) ?? .null
      return
    }
    let isLast = path.count == 1
    if var array = value.arrayValue {
      guard let index = part == "-" ? array.count : Int(part), index >= 0, index <= array.count else {
        throw invalid("no index \(part)")
      }
      if !isLast {
        guard index < array.count else { throw invalid("no index \(part)") }
        try change(&array[index], path.dropFirst(), replacing: replacing, body)
      } else if !replacing {
        array.insert(body(nil) ?? .null, at: index)
      } else if index < array.count {
        if let new = body(array[index]) { array[index] = new } else { array.remove(at: index) }
      }
      value = .array(array)
    } else if isLast {
      value[part] = body(value[part])
    } else {
      guard var member = value[part] else { throw invalid("no member \(part)") }
      try change(&member, path.dropFirst(), replacing: replacing, body)
      value[part] = member
    }
  }
}
