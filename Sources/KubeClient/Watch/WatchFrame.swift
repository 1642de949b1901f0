public import KubeAPI
import NIOCore

/// One event of a watch. Source: `metav1.WatchEvent`.
public enum WatchFrame: Sendable, Hashable {
  case added(JSONValue)
  case modified(JSONValue)
  case deleted(JSONValue)
  /// No change; the watch may go on from this version.
  case bookmark(resourceVersion: String)
  case error(APIError)

  struct Malformed: Error, CustomStringConvertible {
    var description: String
  }

  init(line: ByteBuffer) throws {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: line.readableBytesView)
    } catch {
      throw Malformed(description: "a watch event is not JSON: \(error)")
    }
    guard let type = json["type"]?.stringValue, let object = json["object"] else {
      throw Malformed(description: "a watch event has no type or no object")
    }
    switch type {
    case "ADDED": self = .added(object)
    case "MODIFIED": self = .modified(object)
    case "DELETED": self = .deleted(object)
    case "BOOKMARK":
      self = .bookmark(resourceVersion: object[path: "metadata", "resourceVersion"]?.stringValue ?? "")
    case "ERROR": self = .error(APIError(Status(json: object)))
    default: throw Malformed(description: "a watch event has the unknown type \(type)")
    }
  }
}
