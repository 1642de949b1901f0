import KubeAPI

/// The annotations that carry a rollout's memory. `kubectl rollout` reads them.
enum DeploymentAnnotations {
  static let revision = "deployment.kubernetes.io/revision"
  static let revisionHistory = "deployment.kubernetes.io/revision-history"
  static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
  static let maxReplicas = "deployment.kubernetes.io/max-replicas"
  static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// What a ReplicaSet does not take over from its Deployment.
  private static let own: Set<String> = [
    revision, revisionHistory, desiredReplicas, maxReplicas, lastApplied, "deprecated.deployment.rollback.to",
  ]

  static func revision(of metadata: ObjectMeta) -> Int64 {
    metadata.annotations[revision].flatMap { Int64($0) } ?? 0
  }

  static func count(_ name: String, of metadata: ObjectMeta) -> Int? { metadata.annotations[name].flatMap { Int($0) } }

  /// The annotations of the Deployment's current ReplicaSet.
  static func merged(into set: [String: String], from deployment: [String: String], revision new: Int64) -> [String:
    String]
  {
    var result = set
    for (key, value) in deployment where !own.contains(key) { result[key] = value }
    let old = set[revision].flatMap { Int64($0) } ?? 0
    if old < new {
      result[revision] = String(new)
      // A template that came back: the revisions it had before are kept, for `rollout history`.
      if old > 0 {
        result[revisionHistory] = set[revisionHistory].map { "\($0),\(old)" } ?? String(old)
      }
    }
    return result
  }

  static func scaled(_ set: [String: String], _ bounds: RolloutBounds) -> [String: String] {
    var result = set
    result[desiredReplicas] = String(bounds.replicas)
    result[maxReplicas] = String(bounds.maxTotal)
    return result
  }
}
