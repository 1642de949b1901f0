/// Labels and annotations that the kubelet puts on sandboxes and containers, by which it knows its own again after a
/// restart. The names are those of upstream, which tools read.
enum RuntimeLabel {
  static let podName = "io.kubernetes.pod.name"
  static let podNamespace = "io.kubernetes.pod.namespace"
  static let podUID = "io.kubernetes.pod.uid"
  static let containerName = "io.kubernetes.container.name"

  // Annotations.
  static let gracePeriod = "io.kubernetes.pod.terminationGracePeriod"
  static let terminationMessagePath = "io.kubernetes.container.terminationMessagePath"
  static let terminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy"
  static let restartCount = "io.kubernetes.container.restartCount"
  /// The container's part of the spec, hashed: a container whose hash changed is restarted.
  static let hash = "io.kubernetes.container.hash"
}
