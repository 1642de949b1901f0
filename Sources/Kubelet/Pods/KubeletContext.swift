import KubeAPI
import KubeClient
import Logging

/// What all pods of a node share.
struct KubeletContext: Sendable {
  var configuration: NodeKubelet.Configuration
  var client: KubeClient
  var runtime: RuntimeClient
  var recorder: EventRecorder
  var objects: ConfigObjects
  var services: ServiceTable
  var puller: ImagePuller
  var action: ProbeAction
  var cgroups: CgroupTree
  var node: RuntimeConfig.Node
  var allocatable: [String: Quantity]
  var metrics: KubeletMetrics
  var logger: Logger

  var hostIPs: [String] { configuration.nodeAddresses }

  func directories(_ pod: Pod) -> PodDirectories {
    PodDirectories(
      root: configuration.rootDirectory, namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "",
      uid: pod.metadata.uid ?? "")
  }

  static var now: Double { Double(MicroTime.now().microseconds) / 1e6 }
}
