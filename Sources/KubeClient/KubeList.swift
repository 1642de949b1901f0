public import KubeAPI

/// What a LIST answered: objects, and the version of the collection from which a watch goes on.
public struct KubeList<Object: KubeObject>: Sendable {
  public var items: [Object]
  public var resourceVersion: String
  /// Where the server has more: what to send as `continue` for the next page.
  public var continueToken: String?

  public init(items: [Object], resourceVersion: String, continueToken: String? = nil) {
    self.items = items
    self.resourceVersion = resourceVersion
    self.continueToken = continueToken
  }
}
