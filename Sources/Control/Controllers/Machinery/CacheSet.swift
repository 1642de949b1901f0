import KubeAPI
import KubeClient

/// The caches that the controllers and the scheduler of a process share: one watch a resource.
struct CacheSet: Sendable {
  let pods: ObjectCache<Pod>
  let nodes: ObjectCache<Node>
  let services: ObjectCache<KubeAPI.Service>
  let endpoints: ObjectCache<Endpoints>
  let slices: ObjectCache<EndpointSlice>
  let deployments: ObjectCache<Deployment>
  let replicaSets: ObjectCache<ReplicaSet>
  let namespaces: ObjectCache<Namespace>
  let serviceAccounts: ObjectCache<ServiceAccount>
  /// The ConfigMaps with the cluster's certificate authority.
  let rootCAs: ObjectCache<ConfigMap>
  let leases: ObjectCache<Lease>

  static let podsByNode = "node"
  /// By the controlling owner's uid; pods without one are under `orphan/NAMESPACE`.
  static let byOwner = "owner"
  static let slicesByService = "service"
  static let rootCAName = "kube-root-ca.crt"
  static let serviceNameLabel = "kubernetes.io/service-name"

  static func owner(of metadata: ObjectMeta) -> [String] {
    [metadata.controllerRef?.uid ?? "orphan/\(metadata.namespace ?? "")"]
  }

  init(_ client: KubeClient) {
    pods = ObjectCache(
      client,
      indexers: [
        Self.podsByNode: { $0.nodeName.map { [$0] } ?? [] },
        Self.byOwner: { Self.owner(of: $0.metadata) },
      ])
    nodes = ObjectCache(client)
    services = ObjectCache(client)
    endpoints = ObjectCache(client)
    slices = ObjectCache(
      client,
      indexers: [
        Self.slicesByService: { slice in
          slice.metadata.labels[Self.serviceNameLabel].map { ["\(slice.metadata.namespace ?? "")/\($0)"] } ?? []
        }
      ])
    deployments = ObjectCache(client)
    replicaSets = ObjectCache(client, indexers: [Self.byOwner: { Self.owner(of: $0.metadata) }])
    namespaces = ObjectCache(client)
    serviceAccounts = ObjectCache(client, fieldSelector: "metadata.name=default")
    rootCAs = ObjectCache(client, fieldSelector: "metadata.name=\(Self.rootCAName)")
    leases = ObjectCache(client, in: "kube-node-lease")
  }

  var runs: [@Sendable () async -> Void] {
    [
      pods.run, nodes.run, services.run, endpoints.run, slices.run, deployments.run, replicaSets.run, namespaces.run,
      serviceAccounts.run, rootCAs.run, leases.run,
    ]
  }

  func synced() async {
    await pods.synced()
    await nodes.synced()
    await services.synced()
    await endpoints.synced()
    await slices.synced()
    await deployments.synced()
    await replicaSets.synced()
    await namespaces.synced()
    await serviceAccounts.synced()
    await rootCAs.synced()
    await leases.synced()
  }
}
