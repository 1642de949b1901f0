public import KubeAPI

extension KubeClient {
  /// - Throws: ``APIError`` (``APIError/isNotFound`` where there is no such object), ``TransportError``.
  public func get<T: KubeObject>(_ type: T.Type, _ key: ObjectKey) async throws -> T {
    T(json: try await request("GET", T.resource.path(namespace: key.namespace, name: key.name)))
  }

  /// All objects, fetched page by page.
  public func list<T: KubeObject>(
    _ type: T.Type, in namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil
  ) async throws -> KubeList<T> {
    var whole = KubeList<T>(items: [], resourceVersion: "")
    var restarts = 0
    repeat {
      do {
        let page = try await listPage(
          type, in: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector,
          continueToken: whole.continueToken)
        whole.items += page.items
        whole.resourceVersion = page.resourceVersion
        whole.continueToken = page.continueToken
      } catch let error as APIError where error.isGone && whole.continueToken != nil && restarts < 3 {
        // The server forgot the version that the pages before were of.
        restarts += 1
        whole = KubeList(items: [], resourceVersion: "")
        continue
      }
    } while whole.continueToken != nil || (restarts > 0 && whole.resourceVersion.isEmpty)
    return whole
  }

  /// One page of a list.
  public func listPage<T: KubeObject>(
    _ type: T.Type, in namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil,
    limit: Int = KubeClient.pageSize, continueToken: String? = nil
  ) async throws -> KubeList<T> {
    let selection = ResourceSelection(
      resource: T.resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    let page = try await listPage(selection, limit: limit, continueToken: continueToken)
    return KubeList(
      items: page.items.map { T(json: $0) }, resourceVersion: page.resourceVersion, continueToken: page.continueToken)
  }

  /// Creates an object; its namespace comes from its metadata. With `generateName` the server completes the name.
  public func create<T: KubeObject>(_ object: T) async throws -> T {
    T(
      json: try await request(
        "POST", T.resource.path(namespace: object.metadata.namespace), query: managed, body: object.json))
  }

  /// Posts to a subresource: `binding`, `eviction`, `token`.
  public func createSubresource<T: JSONView>(
    _ resource: GroupVersionResource, _ key: ObjectKey, subresource: String, body: T
  ) async throws -> JSONValue {
    try await request(
      "POST", resource.path(namespace: key.namespace, name: key.name, subresource: subresource), query: managed,
      body: body.json)
  }

  /// Replaces an object, or the part of it that a subresource (`status`) stands for.
  ///
  /// With a resourceVersion in its metadata the server refuses it where the object has changed since
  /// (``APIError/isConflict``).
  public func update<T: KubeObject>(_ object: T, subresource: String? = nil) async throws -> T {
    let key = object.key
    return T(
      json: try await request(
        "PUT", T.resource.path(namespace: key.namespace, name: key.name, subresource: subresource), query: managed,
        body: object.json))
  }

  public func patch<T: KubeObject>(
    _ type: T.Type, _ key: ObjectKey, subresource: String? = nil, as kind: PatchKind, _ body: JSONValue
  ) async throws -> T {
    var query = managed
    if kind == .apply { query.append(("force", "true")) }
    return T(
      json: try await request(
        "PATCH", T.resource.path(namespace: key.namespace, name: key.name, subresource: subresource), query: query,
        body: body, contentType: kind.contentType))
  }

  public func delete<T: KubeObject>(
    _ type: T.Type, _ key: ObjectKey, options: DeleteOptions = DeleteOptions()
  ) async throws {
    try await delete(T.resource, key, options: options)
  }

  /// Deletes an object of a resource that is known only at run time.
  public func delete(
    _ resource: GroupVersionResource, _ key: ObjectKey, options: DeleteOptions = DeleteOptions()
  ) async throws {
    var body = options.json
    body["apiVersion"] = "v1"
    body["kind"] = "DeleteOptions"
    _ = try await request("DELETE", resource.path(namespace: key.namespace, name: key.name), body: body)
  }

  private var managed: [(name: String, value: String)] { [("fieldManager", fieldManager)] }
}
