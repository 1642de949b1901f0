/// The four ways to change a part of an object.
public enum PatchKind: Sendable, Hashable, CaseIterable {
  /// RFC 7386.
  case merge
  /// Lists of objects are merged by their keys.
  case strategic
  /// RFC 6902.
  case json
  /// Server-side apply; the field manager is the client's user agent unless given otherwise.
  case apply

  public var contentType: String {
    switch self {
    case .merge: "application/merge-patch+json"
    case .strategic: "application/strategic-merge-patch+json"
    case .json: "application/json-patch+json"
    case .apply: "application/apply-patch+yaml"
    }
  }
}
