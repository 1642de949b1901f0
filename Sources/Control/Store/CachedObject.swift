import KubeAPI

/// An object of the watch cache: the bytes that clients get.
///
/// A reference, so that a snapshot of a list of thousands copies pointers only.
final class CachedObject: Sendable {
  /// The key without the resource: `default/web`, or `node-1` for a cluster-wide resource.
  let key: String
  let revision: Int64
  /// JSON with `metadata.resourceVersion`, as it is served.
  let bytes: [UInt8]

  init(key: String, revision: Int64, bytes: [UInt8]) {
    self.key = key
    self.revision = revision
    self.bytes = bytes
  }

  /// The bytes were written by this server or by one like it, after validation; a file that was damaged reads as `null`.
  var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
}
