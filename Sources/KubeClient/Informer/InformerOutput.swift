import KubeAPI

/// Where an informer's loop puts what it hears.
protocol InformerOutput: Sendable {
  associatedtype Element: Sendable
  mutating func take(_ event: InformerPageEvent<Element>)
  func finish()
}

/// Hands everything on as it comes.
struct PageOutput<Element: Sendable>: InformerOutput {
  let continuation: AsyncStream<InformerPageEvent<Element>>.Continuation

  func take(_ event: InformerPageEvent<Element>) { continuation.yield(event) }
  func finish() { continuation.finish() }
}

/// Puts the pages of a list together, and leaves out the end of what its reader does not know.
struct WholeListOutput<Element: Sendable>: InformerOutput {
  let continuation: AsyncStream<InformerEvent<Element>>.Continuation
  /// The keys that the reader knows of.
  private var known: Set<ObjectKey> = []
  /// The list while its pages come in.
  private var objects: [ObjectKey: Element] = [:]

  init(continuation: AsyncStream<InformerEvent<Element>>.Continuation) { self.continuation = continuation }

  mutating func take(_ event: InformerPageEvent<Element>) {
    switch event {
    case .page(let page):
      if page.isFirst { objects = [:] }
      for (key, element) in page.objects { objects[key] = element }
      guard page.isLast else { return }
      known = Set(objects.keys)
      continuation.yield(.replaced(objects))
      objects = [:]
    case .changed(let key, let element):
      known.insert(key)
      continuation.yield(.changed(key, element))
    case .deleted(let key):
      if known.remove(key) != nil { continuation.yield(.deleted(key)) }
    }
  }

  func finish() { continuation.finish() }
}
