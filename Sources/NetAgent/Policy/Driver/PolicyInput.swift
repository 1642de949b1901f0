import KubeAPI
import KubeClient

/// What may change what the table should hold.
enum PolicyInput: Sendable {
  /// Labels.
  case namespaces(InformerEvent<[String: String]>)
  case pods(InformerEvent<PolicyPod>)
  case networkPolicies(InformerEvent<PolicyReading>)
  case clusterPolicies(InformerEvent<PolicyReading>)
  case lease(CNIRequest.Attachment, PolicyPlanner.Lease?)
  /// Someone else has changed the table.
  case damage

  /// What must be known in full before anything is written.
  enum Source: String, Sendable, CaseIterable {
    case namespaces, pods, networkPolicies, clusterPolicies
  }
}
