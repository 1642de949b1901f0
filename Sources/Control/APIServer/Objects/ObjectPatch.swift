import KubeAPI

/// A patch as it came: its kind, and its document.
struct ObjectPatch: Sendable {
  enum Kind: String {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategic = "application/strategic-merge-patch+json"
  }

  static let accepted = [Kind.json, .merge, .strategic].map(\.rawValue)

  let kind: Kind
  let document: JSONValue

  /// - Throws: 415 for a kind that is not served, 400 for a document that cannot be read.
  init(_ request: ObjectRequest) throws(StatusError) {
    guard let kind = Kind(rawValue: request.contentType.name) else { throw .unsupportedMediaType(Self.accepted) }
    self.kind = kind
    do throws(JSONError) {
      document = try JSONValue(parsing: request.body)
    } catch {
      throw .badRequest("error decoding patch: \(error)")
    }
  }
}
