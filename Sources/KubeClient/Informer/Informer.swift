public import KubeAPI

/// A live picture of one resource: a list, then every change, for ever.
///
/// It lists page by page, watches from the list's version, goes on after a broken or ended watch where it stopped,
/// lists again where the server no longer knows that version, and waits longer after each failure. Of the objects
/// it keeps the keys at the most: what a module needs of an object is what `transform` makes of it.
public struct Informer<Object: KubeObject, Element: Sendable>: Sendable {
  private let client: KubeClient
  private let selection: ResourceSelection
  private let transform: @Sendable (Object) -> Element?
  private let heard: @Sendable () -> Void

  /// - Parameters:
  ///   - heard: called whenever the server was heard of: with a list, an event or a bookmark.
  ///   - transform: what to keep of an object; `nil` for an object that is of no interest. One that becomes so is
  ///     told as deleted.
  public init(
    _ client: KubeClient, in namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil,
    heard: @escaping @Sendable () -> Void = {}, transform: @escaping @Sendable (Object) -> Element?
  ) {
    self.client = client
    self.heard = heard
    selection = ResourceSelection(
      resource: Object.resource, namespace: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector)
    self.transform = transform
  }

  /// Begins. It ends when the stream is dropped or the task that reads it is cancelled; it never ends of itself.
  public func events() -> AsyncStream<InformerEvent<Element>> {
    client.events(of: selection, heard: heard) { [transform] in transform(Object(json: $0)) }
  }

  /// As ``events()``, for a reader of many objects: the informer keeps nothing at all, neither lists nor keys.
  public func pages() -> AsyncStream<InformerPageEvent<Element>> {
    let (stream, continuation) = AsyncStream<InformerPageEvent<Element>>.makeStream()
    let loop = InformerLoop(
      client: client, selection: selection, transform: { [transform] in transform(Object(json: $0)) }, heard: heard,
      output: PageOutput(continuation: continuation))
    let task = Task { await loop.run() }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }
}

extension Informer where Object == Element {
  /// An informer that hands on whole objects.
  public init(
    _ client: KubeClient, in namespace: String? = nil, labelSelector: String? = nil, fieldSelector: String? = nil
  ) {
    self.init(client, in: namespace, labelSelector: labelSelector, fieldSelector: fieldSelector) { $0 }
  }
}

extension KubeClient {
  /// The events of an informer over a resource that is known only at run time; see ``Informer``.
  public func events<Element: Sendable>(
    of selection: ResourceSelection, heard: @escaping @Sendable () -> Void = {},
    transform: @escaping @Sendable (JSONValue) -> Element?
  ) -> AsyncStream<InformerEvent<Element>> {
    let (stream, continuation) = AsyncStream<InformerEvent<Element>>.makeStream()
    let loop = InformerLoop(
      client: self, selection: selection, transform: transform, heard: heard,
      output: WholeListOutput(continuation: continuation))
    let task = Task { await loop.run() }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }
}
