extension Schema {
  static let descriptionTable = #"""
    *.apiVersion The group and version of the schema that this object follows, for example v1 or apps/v1.
    *.kind What this object is, for example Pod. It cannot be changed.
    *.metadata Name, labels and what else all objects have.
    *.spec What is wanted.
    *.status What is the case. Written by the system, read by everyone.
    *.name The name.
    *.namespace The namespace.
    *.uid The unique identifier.
    *.labels Keys and values by which objects are selected.
    *.annotations Keys and values that tools keep with the object.
    *.conditions The latest observations, one of each type.
    *.type Which of the possible types this is.
    *.reason A word for machines that says why.
    *.message A sentence for people that says why.
    *.lastTransitionTime When the status last changed.
    *.lastHeartbeatTime When this was last reported.
    *.lastUpdateTime When this was last looked at.
    *.lastProbeTime When this was last checked.
    *.observedGeneration The generation of the object that the status speaks of.
    *.items The objects of the list.
    *.port The port number.
    *.protocol TCP, UDP or SCTP; TCP where nothing is said.
    *.appProtocol The protocol spoken on the port, by its IANA name or a prefixed name.
    *.readOnly Whether only reading is allowed.
    *.optional Whether it may be missing.
    *.key The key.
    *.operator How the key is compared with the values.
    *.values The values that the key is compared with.
    *.effect What happens to pods that do not tolerate the taint.
    *.resources The computing resources that are asked for.
    *.replicas How many pods there are or should be.
    *.readyReplicas How many pods are ready.
    *.availableReplicas How many pods have been ready for at least minReadySeconds.
    *.minReadySeconds For how many seconds a new pod must be ready to count as available.
    *.selector Labels of the pods that are meant.
    *.template The pod that is made from this.
    *.nodeName The name of the node.
    *.hostname The host name.
    *.ip The IP address.
    *.defaultMode The permission bits of files for which nothing else is said, 0644 by default.
    *.fsType The type of the file system to mount.
    *.secretRef The secret with the credentials.
    *.labelSelector The labels of the objects that are meant.
    *.image The image to run.
    *.time The moment.
    Quantity An amount: a decimal number with a suffix such as m, k, M, G or Ki, Mi, Gi. 500m is a half, 1Gi is 2 to the 30th.
    IntOrString A number, or a name or percentage as text.
    Time A moment, in the form 2026-01-02T15:04:05Z (RFC 3339).
    MicroTime A moment with microseconds, in the form 2026-01-02T15:04:05.000000Z (RFC 3339).
    RawExtension Any object.
    FieldsV1 A set of fields, as a tree of members: f:NAME is a field, k:KEYS an element of a list, v:VALUE a value of a set.
    Patch The changes to make to an object.
    query.pretty If true, the answer is indented for people.
    query.dryRun The value All checks the request and stores nothing.
    query.fieldManager A name for whoever makes the change, by which ownership of fields is recorded.
    query.fieldValidation What happens on unknown or repeated fields: Ignore drops them, Warn also warns, Strict refuses the request.
    query.force Take over fields that others own (server-side apply only).
    query.gracePeriodSeconds For how many seconds the object may go on before it is removed; 0 removes it at once.
    query.orphanDependents Whether dependents stay. Use propagationPolicy.
    query.propagationPolicy What happens to dependents: Orphan, Background or Foreground.
    query.labelSelector Only objects whose labels match.
    query.fieldSelector Only objects whose fields match.
    query.limit How many objects a page may have.
    query.continue Where the page before ended.
    query.watch Stream changes instead of a list.
    query.allowWatchBookmarks Also send events that carry nothing but a newer resourceVersion.
    query.resourceVersion From which version on.
    query.resourceVersionMatch How resourceVersion is meant: Exact or NotOlderThan.
    query.sendInitialEvents Begin a watch with the objects that are there.
    query.timeoutSeconds After how many seconds a watch ends.
    path.name The name of the object.
    path.namespace The namespace of the object.
    ObjectMeta Name, labels and what else all objects have.
    ObjectMeta.name The name, unique in its namespace and resource. It cannot be changed.
    ObjectMeta.generateName The beginning of a name; the server adds a random end where name is empty.
    ObjectMeta.namespace The namespace that the name belongs to. Cluster-wide objects have none.
    ObjectMeta.selfLink No longer used.
    ObjectMeta.uid An identifier that no other object ever has. Set by the server.
    ObjectMeta.resourceVersion The version of the object, for comparing, for watching and for refusing changes to what is no longer current.
    ObjectMeta.generation A number that grows with each change of what is wanted.
    ObjectMeta.creationTimestamp When the object was made. Set by the server.
    ObjectMeta.deletionTimestamp When the object will go, or should have gone. Set by the server when deletion is asked for.
    ObjectMeta.deletionGracePeriodSeconds For how many seconds the object may go on after deletion was asked for.
    ObjectMeta.ownerReferences The objects that this one depends on. When all of them are gone it is deleted.
    ObjectMeta.finalizers Names of what has to be done before the object may go. Each is removed by whoever did it.
    ObjectMeta.managedFields Who set which fields, for server-side apply.
    ListMeta What lists have in place of ObjectMeta.
    ListMeta.resourceVersion The version of the list, from which a watch can start.
    ListMeta.continue Where the next page begins; empty on the last.
    ListMeta.remainingItemCount How many objects follow this page, if that is known.
    OwnerReference An object that another depends on.
    OwnerReference.controller Whether the owner manages the object.
    OwnerReference.blockOwnerDeletion Whether a foreground deletion of the owner waits for the object.
    LabelSelector A condition on labels. All parts must hold; an empty one holds always.
    LabelSelector.matchLabels Labels that must be there with these values.
    LabelSelector.matchExpressions Further conditions on labels.
    LabelSelectorRequirement A condition on one label.
    LabelSelectorRequirement.operator In, NotIn, Exists or DoesNotExist.
    Status The outcome of a request that returns no object.
    DeleteOptions How an object is deleted.
    DeleteOptions.preconditions What must hold for the deletion to happen.
    WatchEvent A change that a watch reports.
    Condition An observation of one aspect of an object.
    Pod One or more containers that run together on a node and share an address and volumes.
    PodSpec What a pod is to be.
    PodSpec.volumes What can be mounted in the pod's containers.
    PodSpec.initContainers Containers that run one after the other before the others start. Each must succeed.
    PodSpec.containers The containers. There is at least one; the list of them cannot be changed.
    PodSpec.ephemeralContainers Containers that were added to look into the running pod.
    PodSpec.restartPolicy When containers that ended are started again: Always, OnFailure or Never.
    PodSpec.terminationGracePeriodSeconds How many seconds the containers have to end when the pod is deleted; 30 by default.
    PodSpec.activeDeadlineSeconds For how many seconds the pod may be active before it is failed.
    PodSpec.dnsPolicy How names are resolved in the pod: ClusterFirst, ClusterFirstWithHostNet, Default or None.
    PodSpec.dnsConfig Further settings of the resolver.
    PodSpec.nodeSelector Labels that the pod's node must have.
    PodSpec.serviceAccountName The account as which the pod speaks to the API.
    PodSpec.serviceAccount The older name of serviceAccountName.
    PodSpec.automountServiceAccountToken Whether a token of the account is mounted in the containers.
    PodSpec.nodeName The node that the pod runs on. Set by the scheduler.
    PodSpec.hostNetwork Whether the pod uses the network of its node.
    PodSpec.hostPID Whether the pod sees the processes of its node.
    PodSpec.hostIPC Whether the pod shares interprocess communication with its node.
    PodSpec.shareProcessNamespace Whether the containers of the pod see each other's processes.
    PodSpec.securityContext Users, groups and security settings for the whole pod.
    PodSpec.imagePullSecrets Secrets with credentials for the images.
    PodSpec.hostname The host name of the pod; its own name where nothing is said.
    PodSpec.subdomain With a headless service of this name the pod has the DNS name HOSTNAME.SUBDOMAIN.NAMESPACE.svc.
    PodSpec.affinity Where the pod may and should run.
    PodSpec.schedulerName The scheduler that places the pod.
    PodSpec.tolerations Taints of nodes that the pod bears.
    PodSpec.hostAliases Further lines of the pod's hosts file.
    PodSpec.priorityClassName The class that says how important the pod is.
    PodSpec.priority How important the pod is; more is more important.
    PodSpec.readinessGates Further conditions that must hold for the pod to be ready.
    PodSpec.enableServiceLinks Whether services are told to the containers as environment variables.
    PodSpec.topologySpreadConstraints How pods are spread over zones and nodes.
    PodStatus What is known of a pod.
    PodStatus.phase Where the pod is in its life: Pending, Running, Succeeded, Failed or Unknown.
    PodStatus.podIP The pod's address.
    PodStatus.podIPs The pod's addresses, at most one of each family.
    PodStatus.hostIP The address of the pod's node.
    PodStatus.startTime When the node took notice of the pod.
    PodStatus.containerStatuses One entry for each container.
    PodStatus.initContainerStatuses One entry for each init container.
    PodStatus.qosClass Guaranteed, Burstable or BestEffort, by the resources that are asked for.
    PodTemplateSpec A pod as it is made for others.
    Container A program that runs in a pod.
    Container.name The container's name, unique in the pod, a DNS label.
    Container.command The program and its arguments in place of the image's entrypoint.
    Container.args Arguments in place of the image's.
    Container.workingDir The directory that the program starts in.
    Container.ports Ports that the container listens on. For information; any port can be reached.
    Container.env Environment variables.
    Container.envFrom Config maps and secrets whose keys become environment variables.
    Container.volumeMounts Volumes and the paths where they appear.
    Container.livenessProbe A check; when it fails the container is started anew.
    Container.readinessProbe A check; while it fails the pod gets no traffic from services.
    Container.startupProbe A check that must succeed before the others begin.
    Container.lifecycle What to do after the start and before the end.
    Container.terminationMessagePath The file whose content becomes the message of the container's end.
    Container.terminationMessagePolicy Where the message of the container's end comes from: File or FallbackToLogsOnError.
    Container.imagePullPolicy When the image is pulled: Always, Never or IfNotPresent.
    Container.securityContext Users, capabilities and security settings of the container.
    Container.stdin Whether standard input stays open.
    Container.stdinOnce Whether standard input ends after the first that attached.
    Container.tty Whether the container has a terminal.
    Container.restartPolicy Always makes an init container a sidecar.
    ContainerPort A port of a container.
    ContainerPort.containerPort The port number, from 1 to 65535.
    ContainerPort.hostPort The port of the node that leads to it.
    EnvVar An environment variable.
    EnvVar.value The value; $(NAME) stands for another variable.
    EnvVar.valueFrom Where the value comes from.
    VolumeMount A volume in a container.
    VolumeMount.mountPath The path in the container.
    VolumeMount.subPath The path in the volume; its root where nothing is said.
    Volume Something that can be mounted in containers.
    Probe A check of a container.
    Probe.initialDelaySeconds How many seconds after the start the checks begin.
    Probe.periodSeconds How many seconds lie between checks; 10 by default.
    Probe.timeoutSeconds After how many seconds a check has failed; 1 by default.
    Probe.successThreshold How many checks in a row must succeed; 1 by default.
    Probe.failureThreshold How many checks in a row must fail; 3 by default.
    Probe.exec A program to run in the container.
    Probe.httpGet An HTTP request to make.
    Probe.tcpSocket A port to connect to.
    Probe.grpc A gRPC health check to make.
    ResourceRequirements The computing resources of a container.
    ResourceRequirements.limits The most that may be used.
    ResourceRequirements.requests What is set aside; the limits where nothing is said.
    SecurityContext Users, capabilities and security settings of a container.
    PodSecurityContext Users, groups and security settings of a pod.
    Service A name and a virtual address for a set of pods.
    ServiceSpec What a service is to be.
    ServiceSpec.ports The ports of the service.
    ServiceSpec.selector Labels of the pods that traffic goes to.
    ServiceSpec.clusterIP The virtual address; None for a headless service. Given by the server where it is empty.
    ServiceSpec.clusterIPs The virtual addresses, at most one of each family.
    ServiceSpec.type How the service can be reached: ClusterIP, NodePort, LoadBalancer or ExternalName.
    ServiceSpec.externalIPs Further addresses that lead to the service when they are routed to a node.
    ServiceSpec.sessionAffinity ClientIP sends a client to the same pod again; None does not.
    ServiceSpec.externalName The DNS name that an ExternalName service stands for.
    ServiceSpec.externalTrafficPolicy Local keeps traffic from outside on the node it came to; Cluster does not.
    ServiceSpec.internalTrafficPolicy Local keeps traffic of pods on their node; Cluster does not.
    ServiceSpec.publishNotReadyAddresses Whether pods that are not ready count too.
    ServiceSpec.ipFamilies IPv4, IPv6 or both.
    ServiceSpec.ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
    ServicePort A port of a service.
    ServicePort.port The port of the virtual address.
    ServicePort.targetPort The port of the pods, by number or by the name of a container's port.
    ServicePort.nodePort The port of every node that leads to the service.
    Endpoints The addresses behind a service. EndpointSlice is its successor.
    Endpoints.subsets Addresses with the ports that they have in common.
    EndpointSlice A part of the addresses behind a service.
    EndpointSlice.addressType IPv4, IPv6 or FQDN.
    EndpointSlice.endpoints The addresses and what is known of them.
    EndpointSlice.ports The ports that all endpoints have.
    Endpoint One or more addresses of a backend.
    Endpoint.addresses The addresses, of the slice's type.
    EndpointConditions Whether an endpoint can be used.
    EndpointConditions.ready Whether the endpoint takes new connections.
    EndpointConditions.serving Like ready, but also told while the endpoint ends.
    EndpointConditions.terminating Whether the endpoint is ending.
    Node A machine that runs pods.
    NodeSpec.podCIDR The range that the addresses of the node's pods come from.
    NodeSpec.unschedulable Whether new pods stay away from the node.
    NodeSpec.taints Marks that keep pods away which do not tolerate them.
    NodeStatus.capacity What the node has.
    NodeStatus.allocatable What of it pods can have.
    NodeStatus.addresses How the node can be reached.
    NodeStatus.nodeInfo Versions and identifiers of the node.
    NodeStatus.images The images that the node has.
    Namespace A scope for names, and for policies and quotas.
    ConfigMap Configuration for pods, as keys and values.
    ConfigMap.data Text values.
    ConfigMap.binaryData Values that are no text, as base64.
    ConfigMap.immutable If true, the data cannot be changed any more.
    Secret Passwords, keys and tokens for pods, as keys and values.
    Secret.data The values, as base64.
    Secret.stringData Values as text, which are put into data. Never read back.
    Secret.type What the secret is for. It cannot be changed.
    Secret.immutable If true, the data cannot be changed any more.
    ServiceAccount An identity for programs that run in pods.
    Event A report that something happened to an object.
    Event.involvedObject The object that the event is about.
    Event.count How often it happened.
    Event.firstTimestamp When it happened first.
    Event.lastTimestamp When it happened last.
    NetworkPolicy Which connections some pods may have. What no policy allows a pod that one selects is refused.
    NetworkPolicySpec.podSelector The pods of the namespace that the policy is for; all where it is empty.
    NetworkPolicySpec.ingress Who may connect to the pods. Each rule allows more.
    NetworkPolicySpec.egress To whom the pods may connect. Each rule allows more.
    NetworkPolicySpec.policyTypes Which directions are restricted: Ingress, Egress or both.
    NetworkPolicyIngressRule.from The allowed sources; all where it is empty.
    NetworkPolicyIngressRule.ports The allowed ports; all where it is empty.
    NetworkPolicyEgressRule.to The allowed destinations; all where it is empty.
    NetworkPolicyEgressRule.ports The allowed ports; all where it is empty.
    NetworkPolicyPeer.podSelector Pods of the policy's own namespace, or of those that namespaceSelector selects.
    NetworkPolicyPeer.namespaceSelector Namespaces, all of whose pods are meant unless podSelector says less.
    NetworkPolicyPeer.ipBlock A range of addresses; nothing else may be said beside it.
    NetworkPolicyPort.port The number or the name of a port; all ports where nothing is said.
    NetworkPolicyPort.endPort The last port of a range that begins with port.
    IPBlock.cidr The range, for example 192.168.1.0/24 or 2001:db8::/64.
    IPBlock.except Parts of the range that are not meant.
    Lease A claim to something for some time, renewed by its holder.
    LeaseSpec.holderIdentity Who holds the lease.
    LeaseSpec.leaseDurationSeconds For how many seconds after its renewal the lease holds.
    LeaseSpec.renewTime When the lease was last renewed.
    LeaseSpec.acquireTime When the holder came to hold the lease.
    LeaseSpec.leaseTransitions How often the holder changed.
    Deployment Pods that are all alike, kept at a number, and replaced step by step when they are to change.
    DeploymentSpec.strategy How old pods are replaced by new ones.
    DeploymentSpec.revisionHistoryLimit How many old replica sets are kept for going back; 10 by default.
    DeploymentSpec.paused Whether changes wait.
    DeploymentSpec.progressDeadlineSeconds After how many seconds without progress the deployment is reported as failed; 600 by default.
    DeploymentStrategy.type RollingUpdate or Recreate.
    DeploymentStrategy.rollingUpdate How many pods are replaced at a time.
    RollingUpdateDeployment.maxUnavailable How many pods may be missing during the update, a number or a percentage; 25% by default.
    RollingUpdateDeployment.maxSurge How many pods there may be beyond the wanted number during the update; 25% by default.
    ReplicaSet Pods that are all alike, kept at a number.
    Scale The number of pods of an object that can be scaled.
    Binding The assignment of a pod to a node.
    Eviction A request to remove a pod that respects disruption budgets.
    TokenRequest A request for a token of a service account.
    """#
}
