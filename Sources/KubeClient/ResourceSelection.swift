public import KubeAPI

/// Which objects a LIST or a WATCH is about.
public struct ResourceSelection: Sendable, Hashable {
  public var resource: GroupVersionResource
  public var namespace: String?
  public var labelSelector: String?
  public var fieldSelector: String?
  /// Asks for the metadata only (`PartialObjectMetadata`), which is all that some controllers need.
  public var metadataOnly: Bool

  public init(
    resource: GroupVersionResource, namespace: String? = nil, labelSelector: String? = nil,
    fieldSelector: String? = nil, metadataOnly: Bool = false
  ) {
    self.resource = resource
    self.namespace = namespace
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.metadataOnly = metadataOnly
  }

  var path: String { resource.path(namespace: namespace) }

  var query: [(name: String, value: String)] {
    var query: [(name: String, value: String)] = []
    if let labelSelector, !labelSelector.isEmpty { query.append(("labelSelector", labelSelector)) }
    if let fieldSelector, !fieldSelector.isEmpty { query.append(("fieldSelector", fieldSelector)) }
    return query
  }

  func accept(list: Bool) -> String {
    guard metadataOnly else { return "application/json" }
    let kind = list ? "PartialObjectMetadataList" : "PartialObjectMetadata"
    return "application/json;as=\(kind);g=meta.k8s.io;v=v1,application/json"
  }
}

extension KubeClient {
  /// One page of a list of objects whose type is known only at run time.
  public func listPage(
    _ selection: ResourceSelection, limit: Int = KubeClient.pageSize, continueToken: String? = nil
  ) async throws -> (items: [JSONValue], resourceVersion: String, continueToken: String?) {
    var query = selection.query
    if limit > 0 { query.append(("limit", String(limit))) }
    if let continueToken { query.append(("continue", continueToken)) }
    let list = try await request(
      "GET", selection.path, query: query, accept: selection.accept(list: true))
    let resource = selection.resource
    // The items of a list do not say what they are; whoever writes one back has to.
    let items = (list["items"]?.arrayValue ?? []).map { item in
      var item = item
      if item["kind"] == nil {
        item["apiVersion"] = .string(resource.apiVersion)
        item["kind"] = .string(resource.kind)
      }
      return item
    }
    let token = list[path: "metadata", "continue"]?.stringValue
    return (
      items, list[path: "metadata", "resourceVersion"]?.stringValue ?? "", token?.isEmpty == false ? token : nil
    )
  }
}
