public import KubeAPI

/// What ``Informer/pages()`` tells: as ``InformerEvent``, but a list page by page, as it comes in.
public enum InformerPageEvent<Element: Sendable>: Sendable {
  case page(InformerPage<Element>)
  /// Added or changed.
  case changed(ObjectKey, Element)
  /// Deleted or of no interest any more; also an object that was never told of.
  case deleted(ObjectKey)
}

/// A part of a list. What was known before and is on no page from the first to the last is gone.
public struct InformerPage<Element: Sendable>: Sendable {
  /// With the first page a list begins, and one that has not come to its last page is void.
  public var isFirst: Bool
  /// The first list that has come to its last page means that the picture is complete.
  public var isLast: Bool
  public var objects: [(key: ObjectKey, element: Element)]

  public init(isFirst: Bool = true, isLast: Bool = true, _ objects: [(key: ObjectKey, element: Element)]) {
    self.isFirst = isFirst
    self.isLast = isLast
    self.objects = objects
  }
}
