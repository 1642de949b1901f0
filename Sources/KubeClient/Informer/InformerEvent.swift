public import KubeAPI

/// What an ``Informer`` tells.
public enum InformerEvent<Element: Sendable>: Sendable {
  /// The whole content. The first one means that the picture is complete; a later one comes where events were missed,
  /// and what is not in it is gone.
  case replaced([ObjectKey: Element])
  /// Added or changed.
  case changed(ObjectKey, Element)
  case deleted(ObjectKey)
}

extension InformerEvent: Equatable where Element: Equatable {}
extension InformerEvent: Hashable where Element: Hashable {}
