import KubeAPI
import KubeClient
import NIOCore

/// A request for objects of one resource, with everything that its handler needs.
struct ObjectRequest: Sendable {
  let info: RequestInfo
  let path: RequestInfo.ResourcePath
  let resource: Schema.Resource
  let subresource: Schema.Subresource?
  let query: RequestQuery
  let user: User
  let request: KubeRequest

  var name: ResourceName { ResourceName(resource) }

  /// The object's key in the watch cache: `default/web`, `node-1`.
  var key: String { key(path.name) }

  func key(_ name: String) -> String { resource.isNamespaced ? "\(path.namespace)/\(name)" : name }

  /// The object's key in the store: `pods/default/web`.
  var storeKey: String { storeKey(path.name) }

  func storeKey(_ name: String) -> String { "\(resource.groupResource)/\(key(name))" }

  /// The prefix of the keys of a list.
  var prefix: String { path.namespace.isEmpty ? "" : path.namespace + "/" }

  func header(_ name: String) -> String? {
    request.headers.first { $0.name.lowercased() == name }?.value
  }

  func output(isWatch: Bool = false) throws(StatusError) -> OutputForm {
    try OutputForm(accept: header("accept"), isWatch: isWatch)
  }

  var contentType: MediaType { MediaType(header("content-type") ?? "application/json") }

  var body: [UInt8] { request.body.map { Array($0.readableBytesView) } ?? [] }
}
