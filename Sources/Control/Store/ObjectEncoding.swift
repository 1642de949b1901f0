import KubeAPI

/// The bytes of an object in the store and on the wire.
///
/// In the store an object has no resourceVersion, because a write learns its revision only when it is committed. On the
/// wire the version is the first member of `metadata`. `kind`, `apiVersion` and `metadata` come first in both, so that
/// the one becomes the other by inserting a few bytes at a place that is found without parsing.
enum ObjectEncoding {
  /// An object as it is stored. `metadata.resourceVersion` is left out.
  static func stored(_ object: JSONValue) -> [UInt8] {
    var ordered = JSONObject()
    var metadata = object["metadata"] ?? [:]
    metadata["resourceVersion"] = nil
    for key in ["kind", "apiVersion"] { ordered[key] = object[key] }
    ordered["metadata"] = metadata
    for (key, value) in object.objectValue ?? [:] where !ordered.contains(key) { ordered[key] = value }
    return JSONValue.object(ordered).bytes
  }

  /// Stored bytes with the version in them.
  static func served(_ stored: [UInt8], revision: Int64) -> [UInt8] {
    guard let position = metadataStart(stored) else { return stored }
    let isEmpty = position < stored.count && stored[position] == UInt8(ascii: "}")
    let member = "\"resourceVersion\":\"\(revision)\"" + (isEmpty ? "" : ",")
    var served: [UInt8] = []
    served.reserveCapacity(stored.count + member.utf8.count)
    served.append(contentsOf: stored[..<position])
    served.append(contentsOf: member.utf8)
    served.append(contentsOf: stored[position...])
    return served
  }

  /// Served bytes with another version in them.
  static func restamped(_ served: [UInt8], revision: Int64) -> [UInt8] {
    guard let position = metadataStart(served) else { return served }
    let head = Array("\"resourceVersion\":\"".utf8)
    guard served[position...].starts(with: head),
      let end = served[(position + head.count)...].firstIndex(of: UInt8(ascii: "\""))
    else { return served }
    return served[..<(position + head.count)] + Array(String(revision).utf8) + served[end...]
  }

  /// The place behind the brace that opens `metadata`. Only `kind` and `apiVersion` can stand before it.
  private static func metadataStart(_ bytes: [UInt8]) -> Int? {
    let name = Array("\"metadata\":{".utf8)
    var position = 0
    while position + name.count <= min(bytes.count, 1024) {
      if bytes[position] == name[0], bytes[position..<(position + name.count)].elementsEqual(name) {
        return position + name.count
      }
      position += 1
    }
    return nil
  }
}
