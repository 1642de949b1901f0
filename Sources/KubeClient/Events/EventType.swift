/// The two types of core/v1 Events.
public enum EventType: String, Sendable, Hashable {
  case normal = "Normal"
  case warning = "Warning"
}
