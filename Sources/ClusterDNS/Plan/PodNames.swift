/// What `10-0-0-7.ns.pod.<zone>` answers.
public enum PodNames: String, Sendable, Hashable, CaseIterable {
  /// Such names do not exist.
  case disabled
  /// The address that the name spells, where the namespace exists.
  case insecure
  /// That address, where a pod of the namespace has it. Costs a watch of all pods.
  case verified
}
