extension JSONValue {
  /// The document after a merge patch (RFC 7386): members of the patch take the place of the document's, objects are
  /// merged member by member, and null removes.
  public func applying(mergePatch patch: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result: JSONObject
    if case .object(let object) = self { result = object } else { result = JSONObject() }
    for (key, change) in changes {
      if change.isNull {
        result.removeValue(forKey: key)
      } else {
        result[key] = (result[key] ?? .null).applying(mergePatch: change)
      }
    }
    return .object(result)
  }
}
