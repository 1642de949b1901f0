import Glibc
import Testing

extension Trait where Self == ConditionTrait {
  /// For tests that make network namespaces.
  static var namespaces: Self { .enabled(if: geteuid() == 0, "needs root to make network namespaces") }
}
