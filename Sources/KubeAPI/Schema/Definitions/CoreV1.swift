extension Schema {
  /// The messages of `core.v1`, in the format that the README of this module describes.
  static let coreV1 = #"""
    package core.v1

    message AWSElasticBlockStoreVolumeSource
      volumeID 1 string required
      fsType 2 string
      partition 3 int32
      readOnly 4 bool

    message Affinity
      nodeAffinity 1 NodeAffinity
      podAffinity 2 PodAffinity
      podAntiAffinity 3 PodAntiAffinity

    message AppArmorProfile
      type 1 string required
      localhostProfile 2 string

    message AttachedVolume
      name 1 string required
      devicePath 2 string required

    message AzureDiskVolumeSource
      diskName 1 string required
      diskURI 2 string required
      cachingMode 3 string default="ReadWrite"
      fsType 4 string default="ext4"
      readOnly 5 bool default=false
      kind 6 string default="Shared"

    message AzureFileVolumeSource
      secretName 1 string required
      shareName 2 string required
      readOnly 3 bool

    message Binding
      metadata 1 meta.ObjectMeta
      target 2 ObjectReference required

    message CSIVolumeSource
      driver 1 string required
      readOnly 2 bool
      fsType 3 string
      volumeAttributes 4 {string}
      nodePublishSecretRef 5 LocalObjectReference

    message Capabilities
      add 1 [string] list=atomic
      drop 2 [string] list=atomic

    message CephFSVolumeSource
      monitors 1 [string] required list=atomic
      path 2 string
      user 3 string
      secretFile 4 string
      secretRef 5 LocalObjectReference
      readOnly 6 bool

    message CinderVolumeSource
      volumeID 1 string required
      fsType 2 string
      readOnly 3 bool
      secretRef 4 LocalObjectReference

    message ClientIPConfig
      timeoutSeconds 1 int32

    message ClusterTrustBundleProjection
      name 1 string
      signerName 2 string
      labelSelector 3 meta.LabelSelector
      optional 5 bool
      path 4 string required

    message ConfigMap
      metadata 1 meta.ObjectMeta
      immutable 4 bool
      data 2 {string}
      binaryData 3 {bytes}

    message ConfigMapEnvSource
      localObjectReference 1 LocalObjectReference inline
      optional 2 bool

    message ConfigMapKeySelector
      localObjectReference 1 LocalObjectReference inline
      key 2 string required
      optional 3 bool

    message ConfigMapList
      metadata 1 meta.ListMeta
      items 2 [ConfigMap] required

    message ConfigMapNodeConfigSource
      namespace 1 string required
      name 2 string required
      uid 3 string
      resourceVersion 4 string
      kubeletConfigKey 5 string required

    message ConfigMapProjection
      localObjectReference 1 LocalObjectReference inline
      items 2 [KeyToPath] list=atomic
      optional 4 bool

    message ConfigMapVolumeSource
      localObjectReference 1 LocalObjectReference inline
      items 2 [KeyToPath] list=atomic
      defaultMode 3 int32 default=420
      optional 4 bool

    message Container
      name 1 string required
      image 2 string
      command 3 [string] list=atomic
      args 4 [string] list=atomic
      workingDir 5 string
      ports 6 [ContainerPort] list=map:containerPort,protocol patch=merge:containerPort
      envFrom 19 [EnvFromSource] list=atomic
      env 7 [EnvVar] list=map:name patch=merge:name
      resources 8 ResourceRequirements default={}
      resizePolicy 23 [ContainerResizePolicy] list=atomic
      restartPolicy 24 string
      restartPolicyRules 25 [ContainerRestartRule] list=atomic
      volumeMounts 9 [VolumeMount] list=map:mountPath patch=merge:mountPath
      volumeDevices 21 [VolumeDevice] list=map:devicePath patch=merge:devicePath
      livenessProbe 10 Probe
      readinessProbe 11 Probe
      startupProbe 22 Probe
      lifecycle 12 Lifecycle
      terminationMessagePath 13 string default="/dev/termination-log"
      terminationMessagePolicy 20 string default="File"
      imagePullPolicy 14 string
      securityContext 15 SecurityContext
      stdin 16 bool
      stdinOnce 17 bool
      tty 18 bool

    message ContainerExtendedResourceRequest
      containerName 1 string required
      resourceName 2 string required
      requestName 3 string required

    message ContainerImage
      names 1 [string] list=atomic
      sizeBytes 2 int64

    message ContainerPort
      name 1 string
      hostPort 2 int32
      containerPort 3 int32 required
      protocol 4 string default="TCP"
      hostIP 5 string

    message ContainerResizePolicy
      resourceName 1 string required
      restartPolicy 2 string required

    message ContainerRestartRule
      action 1 string required
      exitCodes 2 ContainerRestartRuleOnExitCodes

    message ContainerRestartRuleOnExitCodes
      operator 1 string required
      values 2 [int32] list=set

    message ContainerState
      waiting 1 ContainerStateWaiting
      running 2 ContainerStateRunning
      terminated 3 ContainerStateTerminated

    message ContainerStateRunning
      startedAt 1 Time

    message ContainerStateTerminated
      exitCode 1 int32 required
      signal 2 int32
      reason 3 string
      message 4 string
      startedAt 5 Time
      finishedAt 6 Time
      containerID 7 string

    message ContainerStateWaiting
      reason 1 string
      message 2 string

    message ContainerStatus
      name 1 string required
      state 2 ContainerState
      lastState 3 ContainerState
      ready 4 bool required
      restartCount 5 int32 required
      image 6 string required
      imageID 7 string required
      containerID 8 string
      started 9 bool
      allocatedResources 10 {Quantity}
      resources 11 ResourceRequirements
      volumeMounts 12 [VolumeMountStatus] list=map:mountPath patch=merge:mountPath
      user 13 ContainerUser
      allocatedResourcesStatus 14 [ResourceStatus] list=map:name patch=merge:name
      stopSignal 15 string

    message ContainerUser
      linux 1 LinuxContainerUser

    message DaemonEndpoint
      Port 1 int32 required

    message DownwardAPIProjection
      items 1 [DownwardAPIVolumeFile] list=atomic

    message DownwardAPIVolumeFile
      path 1 string required
      fieldRef 2 ObjectFieldSelector
      resourceFieldRef 3 ResourceFieldSelector
      mode 4 int32

    message DownwardAPIVolumeSource
      items 1 [DownwardAPIVolumeFile] list=atomic
      defaultMode 2 int32 default=420

    message EmptyDirVolumeSource
      medium 1 string
      sizeLimit 2 Quantity

    message EndpointAddress
      ip 1 string required
      hostname 3 string
      nodeName 4 string
      targetRef 2 ObjectReference

    message EndpointPort
      name 1 string
      port 2 int32 required
      protocol 3 string default="TCP"
      appProtocol 4 string

    message EndpointSubset
      addresses 1 [EndpointAddress] list=atomic
      notReadyAddresses 2 [EndpointAddress] list=atomic
      ports 3 [EndpointPort] list=atomic

    message Endpoints
      metadata 1 meta.ObjectMeta
      subsets 2 [EndpointSubset] list=atomic

    message EndpointsList
      metadata 1 meta.ListMeta
      items 2 [Endpoints] required

    message EnvFromSource
      prefix 1 string
      configMapRef 2 ConfigMapEnvSource
      secretRef 3 SecretEnvSource

    message EnvVar
      name 1 string required
      value 2 string
      valueFrom 3 EnvVarSource

    message EnvVarSource
      fieldRef 1 ObjectFieldSelector
      resourceFieldRef 2 ResourceFieldSelector
      configMapKeyRef 3 ConfigMapKeySelector
      secretKeyRef 4 SecretKeySelector
      fileKeyRef 5 FileKeySelector

    message EphemeralContainer
      ephemeralContainerCommon 1 EphemeralContainerCommon inline
      targetContainerName 2 string

    message EphemeralContainerCommon
      name 1 string
      image 2 string
      command 3 [string]
      args 4 [string]
      workingDir 5 string
      ports 6 [ContainerPort]
      envFrom 19 [EnvFromSource]
      env 7 [EnvVar]
      resources 8 ResourceRequirements default={}
      resizePolicy 23 [ContainerResizePolicy]
      restartPolicy 24 string
      restartPolicyRules 25 [ContainerRestartRule]
      volumeMounts 9 [VolumeMount]
      volumeDevices 21 [VolumeDevice]
      livenessProbe 10 Probe
      readinessProbe 11 Probe
      startupProbe 22 Probe
      lifecycle 12 Lifecycle
      terminationMessagePath 13 string default="/dev/termination-log"
      terminationMessagePolicy 20 string default="File"
      imagePullPolicy 14 string
      securityContext 15 SecurityContext
      stdin 16 bool
      stdinOnce 17 bool
      tty 18 bool

    message EphemeralVolumeSource
      volumeClaimTemplate 1 PersistentVolumeClaimTemplate

    message Event
      metadata 1 meta.ObjectMeta required
      involvedObject 2 ObjectReference required
      reason 3 string
      message 4 string
      source 5 EventSource
      firstTimestamp 6 Time
      lastTimestamp 7 Time
      count 8 int32
      type 9 string
      eventTime 10 MicroTime
      series 11 EventSeries
      action 12 string
      related 13 ObjectReference
      reportingComponent 14 string
      reportingInstance 15 string

    message EventList
      metadata 1 meta.ListMeta
      items 2 [Event] required

    message EventSeries
      count 1 int32
      lastObservedTime 2 MicroTime

    message EventSource
      component 1 string
      host 2 string

    message ExecAction
      command 1 [string] list=atomic

    message FCVolumeSource
      targetWWNs 1 [string] list=atomic
      lun 2 int32
      fsType 3 string
      readOnly 4 bool
      wwids 5 [string] list=atomic

    message FileKeySelector
      volumeName 1 string required
      path 2 string required
      key 3 string required
      optional 4 bool

    message FlexVolumeSource
      driver 1 string required
      fsType 2 string
      secretRef 3 LocalObjectReference
      readOnly 4 bool
      options 5 {string}

    message FlockerVolumeSource
      datasetName 1 string
      datasetUUID 2 string

    message GCEPersistentDiskVolumeSource
      pdName 1 string required
      fsType 2 string
      partition 3 int32
      readOnly 4 bool

    message GRPCAction
      port 1 int32 required
      service 2 string default=""

    message GitRepoVolumeSource
      repository 1 string required
      revision 2 string
      directory 3 string

    message GlusterfsVolumeSource
      endpoints 1 string required
      path 2 string required
      readOnly 3 bool

    message HTTPGetAction
      path 1 string default="/"
      port 2 IntOrString required
      host 3 string
      scheme 4 string default="HTTP"
      httpHeaders 5 [HTTPHeader] list=atomic

    message HTTPHeader
      name 1 string required
      value 2 string required

    message HostAlias
      ip 1 string required
      hostnames 2 [string] list=atomic

    message HostIP
      ip 1 string required

    message HostPathVolumeSource
      path 1 string required
      type 2 string default=""

    message ISCSIVolumeSource
      targetPortal 1 string required
      iqn 2 string required
      lun 3 int32 required
      iscsiInterface 4 string default="default"
      fsType 5 string
      readOnly 6 bool
      portals 7 [string] list=atomic
      chapAuthDiscovery 8 bool
      chapAuthSession 11 bool
      secretRef 10 LocalObjectReference
      initiatorName 12 string

    message ImageVolumeSource
      reference 1 string
      pullPolicy 2 string

    message ImageVolumeStatus
      imageRef 1 string required

    message KeyToPath
      key 1 string required
      path 2 string required
      mode 3 int32

    message Lifecycle
      postStart 1 LifecycleHandler
      preStop 2 LifecycleHandler
      stopSignal 3 string

    message LifecycleHandler
      exec 1 ExecAction
      httpGet 2 HTTPGetAction
      tcpSocket 3 TCPSocketAction
      sleep 4 SleepAction

    message LinuxContainerUser
      uid 1 int64 required
      gid 2 int64 required
      supplementalGroups 3 [int64] list=atomic

    message LoadBalancerIngress
      ip 1 string
      hostname 2 string
      ipMode 3 string
      ports 4 [PortStatus] list=atomic

    message LoadBalancerStatus
      ingress 1 [LoadBalancerIngress] list=atomic

    message LocalObjectReference
      name 1 string

    message NFSVolumeSource
      server 1 string required
      path 2 string required
      readOnly 3 bool

    message Namespace
      metadata 1 meta.ObjectMeta
      spec 2 NamespaceSpec
      status 3 NamespaceStatus

    message NamespaceCondition
      type 1 string required
      status 2 string required
      lastTransitionTime 4 Time
      reason 5 string
      message 6 string

    message NamespaceList
      metadata 1 meta.ListMeta
      items 2 [Namespace] required

    message NamespaceSpec
      finalizers 1 [string] list=atomic

    message NamespaceStatus
      phase 1 string default="Active"
      conditions 2 [NamespaceCondition] list=map:type patch=merge:type

    message Node
      metadata 1 meta.ObjectMeta
      spec 2 NodeSpec
      status 3 NodeStatus

    message NodeAddress
      type 1 string required
      address 2 string required

    message NodeAffinity
      requiredDuringSchedulingIgnoredDuringExecution 1 NodeSelector
      preferredDuringSchedulingIgnoredDuringExecution 2 [PreferredSchedulingTerm] list=atomic

    message NodeAllocatableResourceClaimStatus
      resourceClaimName 1 string required
      containers 2 [string] list=set
      resources 3 {Quantity} required

    message NodeCondition
      type 1 string required
      status 2 string required
      lastHeartbeatTime 3 Time
      lastTransitionTime 4 Time
      reason 5 string
      message 6 string

    message NodeConfigSource
      configMap 2 ConfigMapNodeConfigSource

    message NodeConfigStatus
      assigned 1 NodeConfigSource
      active 2 NodeConfigSource
      lastKnownGood 3 NodeConfigSource
      error 4 string

    message NodeDaemonEndpoints
      kubeletEndpoint 1 DaemonEndpoint

    message NodeFeatures
      supplementalGroupsPolicy 1 bool

    message NodeList
      metadata 1 meta.ListMeta
      items 2 [Node] required

    message NodeProxyOptions
      path 1 string

    message NodeRuntimeHandler
      name 1 string
      features 2 NodeRuntimeHandlerFeatures

    message NodeRuntimeHandlerFeatures
      recursiveReadOnlyMounts 1 bool
      userNamespaces 2 bool

    message NodeSelector
      nodeSelectorTerms 1 [NodeSelectorTerm] required list=atomic

    message NodeSelectorRequirement
      key 1 string required
      operator 2 string required
      values 3 [string] list=atomic

    message NodeSelectorTerm
      matchExpressions 1 [NodeSelectorRequirement] list=atomic
      matchFields 2 [NodeSelectorRequirement] list=atomic

    message NodeSpec
      podCIDR 1 string
      podCIDRs 7 [string] list=set patch=merge
      providerID 3 string
      unschedulable 4 bool
      taints 5 [Taint] list=atomic
      configSource 6 NodeConfigSource
      externalID 2 string

    message NodeStatus
      capacity 1 {Quantity}
      allocatable 2 {Quantity}
      phase 3 string
      conditions 4 [NodeCondition] list=map:type patch=merge:type
      addresses 5 [NodeAddress] list=map:type patch=merge:type
      daemonEndpoints 6 NodeDaemonEndpoints
      nodeInfo 7 NodeSystemInfo
      images 8 [ContainerImage] list=atomic
      volumesInUse 9 [string] list=atomic
      volumesAttached 10 [AttachedVolume] list=atomic
      config 11 NodeConfigStatus
      runtimeHandlers 12 [NodeRuntimeHandler] list=atomic
      features 13 NodeFeatures
      declaredFeatures 14 [string] list=atomic

    message NodeSwapStatus
      capacity 1 int64

    message NodeSystemInfo
      machineID 1 string required
      systemUUID 2 string required
      bootID 3 string required
      kernelVersion 4 string required
      osImage 5 string required
      containerRuntimeVersion 6 string required
      kubeletVersion 7 string required
      kubeProxyVersion 8 string required
      operatingSystem 9 string required
      architecture 10 string required
      swap 11 NodeSwapStatus

    message ObjectFieldSelector
      apiVersion 1 string default="v1"
      fieldPath 2 string required

    message ObjectReference
      kind 1 string
      namespace 2 string
      name 3 string
      uid 4 string
      apiVersion 5 string
      resourceVersion 6 string
      fieldPath 7 string

    message PersistentVolumeClaimSpec
      accessModes 1 [string] list=atomic
      selector 4 meta.LabelSelector
      resources 2 VolumeResourceRequirements
      volumeName 3 string
      storageClassName 5 string
      volumeMode 6 string default="Filesystem"
      dataSource 7 TypedLocalObjectReference
      dataSourceRef 8 TypedObjectReference
      volumeAttributesClassName 9 string

    message PersistentVolumeClaimTemplate
      metadata 1 meta.ObjectMeta
      spec 2 PersistentVolumeClaimSpec required

    message PersistentVolumeClaimVolumeSource
      claimName 1 string required
      readOnly 2 bool

    message PhotonPersistentDiskVolumeSource
      pdID 1 string required
      fsType 2 string

    message Pod
      metadata 1 meta.ObjectMeta
      spec 2 PodSpec
      status 3 PodStatus

    message PodAffinity
      requiredDuringSchedulingIgnoredDuringExecution 1 [PodAffinityTerm] list=atomic
      preferredDuringSchedulingIgnoredDuringExecution 2 [WeightedPodAffinityTerm] list=atomic

    message PodAffinityTerm
      labelSelector 1 meta.LabelSelector
      namespaces 2 [string] list=atomic
      topologyKey 3 string required
      namespaceSelector 4 meta.LabelSelector
      matchLabelKeys 5 [string] list=atomic
      mismatchLabelKeys 6 [string] list=atomic

    message PodAntiAffinity
      requiredDuringSchedulingIgnoredDuringExecution 1 [PodAffinityTerm] list=atomic
      preferredDuringSchedulingIgnoredDuringExecution 2 [WeightedPodAffinityTerm] list=atomic

    message PodAttachOptions
      stdin 1 bool
      stdout 2 bool
      stderr 3 bool
      tty 4 bool
      container 5 string

    message PodCertificateProjection
      signerName 1 string required
      keyType 2 string required
      maxExpirationSeconds 3 int32
      credentialBundlePath 4 string
      keyPath 5 string
      certificateChainPath 6 string
      userAnnotations 7 {string}

    message PodCondition
      type 1 string required
      observedGeneration 7 int64
      status 2 string required
      lastProbeTime 3 Time
      lastTransitionTime 4 Time
      reason 5 string
      message 6 string

    message PodDNSConfig
      nameservers 1 [string] list=atomic
      searches 2 [string] list=atomic
      options 3 [PodDNSConfigOption] list=atomic

    message PodDNSConfigOption
      name 1 string
      value 2 string

    message PodExecOptions
      stdin 1 bool
      stdout 2 bool
      stderr 3 bool
      tty 4 bool
      container 5 string
      command 6 [string]

    message PodExtendedResourceClaimStatus
      requestMappings 1 [ContainerExtendedResourceRequest] required list=atomic
      resourceClaimName 2 string required

    message PodIP
      ip 1 string required

    message PodList
      metadata 1 meta.ListMeta
      items 2 [Pod] required

    message PodLogOptions
      container 1 string
      follow 2 bool
      previous 3 bool
      sinceSeconds 4 int64
      sinceTime 5 Time
      timestamps 6 bool
      tailLines 7 int64
      limitBytes 8 int64
      insecureSkipTLSVerifyBackend 9 bool
      stream 10 string

    message PodOS
      name 1 string required

    message PodPortForwardOptions
      ports 1 [int32]

    message PodProxyOptions
      path 1 string

    message PodReadinessGate
      conditionType 1 string required

    message PodResourceClaim
      name 1 string required
      resourceClaimName 3 string
      resourceClaimTemplateName 4 string

    message PodResourceClaimStatus
      name 1 string required
      resourceClaimName 2 string

    message PodSchedulingGate
      name 1 string required

    message PodSchedulingGroup
      podGroupName 1 string

    message PodSecurityContext
      seLinuxOptions 1 SELinuxOptions
      windowsOptions 8 WindowsSecurityContextOptions
      runAsUser 2 int64
      runAsGroup 6 int64
      runAsNonRoot 3 bool
      supplementalGroups 4 [int64] list=atomic
      supplementalGroupsPolicy 12 string
      fsGroup 5 int64
      sysctls 7 [Sysctl] list=atomic
      fsGroupChangePolicy 9 string
      seccompProfile 10 SeccompProfile
      appArmorProfile 11 AppArmorProfile
      seLinuxChangePolicy 13 string

    message PodSpec
      volumes 1 [Volume] list=map:name patch=merge,retainKeys:name
      initContainers 20 [Container] list=map:name patch=merge:name
      containers 2 [Container] required list=map:name patch=merge:name
      ephemeralContainers 34 [EphemeralContainer] list=map:name patch=merge:name
      restartPolicy 3 string default="Always"
      terminationGracePeriodSeconds 4 int64 default=30
      activeDeadlineSeconds 5 int64
      dnsPolicy 6 string default="ClusterFirst"
      nodeSelector 7 {string} map=atomic
      serviceAccountName 8 string
      serviceAccount 9 string
      automountServiceAccountToken 21 bool
      nodeName 10 string
      hostNetwork 11 bool
      hostPID 12 bool
      hostIPC 13 bool
      shareProcessNamespace 27 bool
      securityContext 14 PodSecurityContext default={}
      imagePullSecrets 15 [LocalObjectReference] list=map:name patch=merge:name
      hostname 16 string
      subdomain 17 string
      affinity 18 Affinity
      schedulerName 19 string default="default-scheduler"
      tolerations 22 [Toleration] list=atomic
      hostAliases 23 [HostAlias] list=map:ip patch=merge:ip
      priorityClassName 24 string
      priority 25 int32
      dnsConfig 26 PodDNSConfig
      readinessGates 28 [PodReadinessGate] list=atomic
      runtimeClassName 29 string
      enableServiceLinks 30 bool
      preemptionPolicy 31 string
      overhead 32 {Quantity}
      topologySpreadConstraints 33 [TopologySpreadConstraint] list=map:topologyKey,whenUnsatisfiable patch=merge:topologyKey
      setHostnameAsFQDN 35 bool
      os 36 PodOS
      hostUsers 37 bool
      schedulingGates 38 [PodSchedulingGate] list=map:name patch=merge:name
      resourceClaims 39 [PodResourceClaim] list=map:name patch=merge,retainKeys:name
      resources 40 ResourceRequirements
      hostnameOverride 41 string
      schedulingGroup 43 PodSchedulingGroup

    message PodStatus
      observedGeneration 17 int64
      phase 1 string
      conditions 2 [PodCondition] list=map:type patch=merge:type
      message 3 string
      reason 4 string
      nominatedNodeName 11 string
      hostIP 5 string
      hostIPs 16 [HostIP] list=atomic patch=merge:ip
      podIP 6 string
      podIPs 12 [PodIP] list=map:ip patch=merge:ip
      startTime 7 Time
      initContainerStatuses 10 [ContainerStatus] list=atomic
      containerStatuses 8 [ContainerStatus] list=atomic
      qosClass 9 string
      ephemeralContainerStatuses 13 [ContainerStatus] list=atomic
      resize 14 string
      resourceClaimStatuses 15 [PodResourceClaimStatus] list=map:name patch=merge,retainKeys:name
      extendedResourceClaimStatus 18 PodExtendedResourceClaimStatus
      allocatedResources 19 {Quantity}
      resources 20 ResourceRequirements
      nodeAllocatableResourceClaimStatuses 21 [NodeAllocatableResourceClaimStatus] list=atomic

    message PodTemplateSpec
      metadata 1 meta.ObjectMeta
      spec 2 PodSpec

    message PortStatus
      port 1 int32 required
      protocol 2 string required
      error 3 string

    message PortworxVolumeSource
      volumeID 1 string required
      fsType 2 string
      readOnly 3 bool

    message PreferredSchedulingTerm
      weight 1 int32 required
      preference 2 NodeSelectorTerm required

    message Probe
      handler 1 ProbeHandler inline
      initialDelaySeconds 2 int32
      timeoutSeconds 3 int32 default=1
      periodSeconds 4 int32 default=10
      successThreshold 5 int32 default=1
      failureThreshold 6 int32 default=3
      terminationGracePeriodSeconds 7 int64

    message ProbeHandler
      exec 1 ExecAction
      httpGet 2 HTTPGetAction
      tcpSocket 3 TCPSocketAction
      grpc 4 GRPCAction

    message ProjectedVolumeSource
      sources 1 [VolumeProjection] list=atomic
      defaultMode 2 int32 default=420

    message QuobyteVolumeSource
      registry 1 string required
      volume 2 string required
      readOnly 3 bool
      user 4 string
      group 5 string
      tenant 6 string

    message RBDVolumeSource
      monitors 1 [string] required list=atomic
      image 2 string required
      fsType 3 string
      pool 4 string default="rbd"
      user 5 string default="admin"
      keyring 6 string default="/etc/ceph/keyring"
      secretRef 7 LocalObjectReference
      readOnly 8 bool

    message ResourceClaim
      name 1 string required
      request 2 string

    message ResourceFieldSelector
      containerName 1 string
      resource 2 string required
      divisor 3 Quantity default="0"

    message ResourceHealth
      resourceID 1 string required
      health 2 string
      message 6 string

    message ResourceRequirements
      limits 1 {Quantity}
      requests 2 {Quantity}
      claims 3 [ResourceClaim] list=map:name

    message ResourceStatus
      name 1 string required
      resources 2 [ResourceHealth] list=map:resourceID

    message SELinuxOptions
      user 1 string
      role 2 string
      type 3 string
      level 4 string

    message ScaleIOVolumeSource
      gateway 1 string required
      system 2 string required
      secretRef 3 LocalObjectReference required
      sslEnabled 4 bool
      protectionDomain 5 string
      storagePool 6 string
      storageMode 7 string default="ThinProvisioned"
      volumeName 8 string
      fsType 9 string default="xfs"
      readOnly 10 bool

    message SeccompProfile
      type 1 string required
      localhostProfile 2 string

    message Secret
      metadata 1 meta.ObjectMeta
      immutable 5 bool
      data 2 {bytes}
      stringData 4 {string}
      type 3 string default="Opaque"

    message SecretEnvSource
      localObjectReference 1 LocalObjectReference inline
      optional 2 bool

    message SecretKeySelector
      localObjectReference 1 LocalObjectReference inline
      key 2 string required
      optional 3 bool

    message SecretList
      metadata 1 meta.ListMeta
      items 2 [Secret] required

    message SecretProjection
      localObjectReference 1 LocalObjectReference inline
      items 2 [KeyToPath] list=atomic
      optional 4 bool

    message SecretVolumeSource
      secretName 1 string
      items 2 [KeyToPath] list=atomic
      defaultMode 3 int32 default=420
      optional 4 bool

    message SecurityContext
      capabilities 1 Capabilities
      privileged 2 bool
      seLinuxOptions 3 SELinuxOptions
      windowsOptions 10 WindowsSecurityContextOptions
      runAsUser 4 int64
      runAsGroup 8 int64
      runAsNonRoot 5 bool
      readOnlyRootFilesystem 6 bool
      allowPrivilegeEscalation 7 bool
      procMount 9 string
      seccompProfile 11 SeccompProfile
      appArmorProfile 12 AppArmorProfile

    message Service
      metadata 1 meta.ObjectMeta
      spec 2 ServiceSpec
      status 3 ServiceStatus

    message ServiceAccount
      metadata 1 meta.ObjectMeta
      secrets 2 [ObjectReference] list=map:name patch=merge:name
      imagePullSecrets 3 [LocalObjectReference] list=atomic
      automountServiceAccountToken 4 bool

    message ServiceAccountList
      metadata 1 meta.ListMeta
      items 2 [ServiceAccount] required

    message ServiceAccountTokenProjection
      audience 1 string
      expirationSeconds 2 int64 default=3600
      path 3 string required

    message ServiceList
      metadata 1 meta.ListMeta
      items 2 [Service] required

    message ServicePort
      name 1 string
      protocol 2 string default="TCP"
      appProtocol 6 string
      port 3 int32 required
      targetPort 4 IntOrString
      nodePort 5 int32

    message ServiceProxyOptions
      path 1 string

    message ServiceSpec
      ports 1 [ServicePort] list=map:port,protocol patch=merge:port
      selector 2 {string} map=atomic
      clusterIP 3 string
      clusterIPs 18 [string] list=atomic
      type 4 string default="ClusterIP"
      externalIPs 5 [string] list=atomic
      sessionAffinity 7 string default="None"
      loadBalancerIP 8 string
      loadBalancerSourceRanges 9 [string] list=atomic
      externalName 10 string
      externalTrafficPolicy 11 string
      healthCheckNodePort 12 int32
      publishNotReadyAddresses 13 bool
      sessionAffinityConfig 14 SessionAffinityConfig
      ipFamilies 19 [string] list=atomic
      ipFamilyPolicy 17 string
      allocateLoadBalancerNodePorts 20 bool
      loadBalancerClass 21 string
      internalTrafficPolicy 22 string
      trafficDistribution 23 string

    message ServiceStatus
      loadBalancer 1 LoadBalancerStatus
      conditions 2 [meta.Condition] list=map:type patch=merge:type

    message SessionAffinityConfig
      clientIP 1 ClientIPConfig

    message SleepAction
      seconds 1 int64 required

    message StorageOSVolumeSource
      volumeName 1 string
      volumeNamespace 2 string
      fsType 3 string
      readOnly 4 bool
      secretRef 5 LocalObjectReference

    message Sysctl
      name 1 string required
      value 2 string required

    message TCPSocketAction
      port 1 IntOrString required
      host 2 string

    message Taint
      key 1 string required
      value 2 string
      effect 3 string required
      timeAdded 4 Time

    message Toleration
      key 1 string
      operator 2 string
      value 3 string
      effect 4 string
      tolerationSeconds 5 int64

    message TopologySpreadConstraint
      maxSkew 1 int32 required
      topologyKey 2 string required
      whenUnsatisfiable 3 string required
      labelSelector 4 meta.LabelSelector
      minDomains 5 int32
      nodeAffinityPolicy 6 string
      nodeTaintsPolicy 7 string
      matchLabelKeys 8 [string] list=atomic

    message TypedLocalObjectReference
      apiGroup 1 string
      kind 2 string required
      name 3 string required

    message TypedObjectReference
      apiGroup 1 string
      kind 2 string required
      name 3 string required
      namespace 4 string

    message Volume
      name 1 string required
      volumeSource 2 VolumeSource inline

    message VolumeDevice
      name 1 string required
      devicePath 2 string required

    message VolumeMount
      name 1 string required
      readOnly 2 bool
      recursiveReadOnly 7 string
      mountPath 3 string required
      subPath 4 string
      mountPropagation 5 string
      subPathExpr 6 string

    message VolumeMountStatus
      name 1 string required
      mountPath 2 string required
      readOnly 3 bool
      recursiveReadOnly 4 string
      volumeStatus 5 VolumeStatus

    message VolumeProjection
      secret 1 SecretProjection
      downwardAPI 2 DownwardAPIProjection
      configMap 3 ConfigMapProjection
      serviceAccountToken 4 ServiceAccountTokenProjection
      clusterTrustBundle 5 ClusterTrustBundleProjection
      podCertificate 6 PodCertificateProjection

    message VolumeResourceRequirements
      limits 1 {Quantity}
      requests 2 {Quantity}

    message VolumeSource
      hostPath 1 HostPathVolumeSource
      emptyDir 2 EmptyDirVolumeSource
      gcePersistentDisk 3 GCEPersistentDiskVolumeSource
      awsElasticBlockStore 4 AWSElasticBlockStoreVolumeSource
      gitRepo 5 GitRepoVolumeSource
      secret 6 SecretVolumeSource
      nfs 7 NFSVolumeSource
      iscsi 8 ISCSIVolumeSource
      glusterfs 9 GlusterfsVolumeSource
      persistentVolumeClaim 10 PersistentVolumeClaimVolumeSource
      rbd 11 RBDVolumeSource
      flexVolume 12 FlexVolumeSource
      cinder 13 CinderVolumeSource
      cephfs 14 CephFSVolumeSource
      flocker 15 FlockerVolumeSource
      downwardAPI 16 DownwardAPIVolumeSource
      fc 17 FCVolumeSource
      azureFile 18 AzureFileVolumeSource
      configMap 19 ConfigMapVolumeSource
      vsphereVolume 20 VsphereVirtualDiskVolumeSource
      quobyte 21 QuobyteVolumeSource
      azureDisk 22 AzureDiskVolumeSource
      photonPersistentDisk 23 PhotonPersistentDiskVolumeSource
      projected 26 ProjectedVolumeSource
      portworxVolume 24 PortworxVolumeSource
      scaleIO 25 ScaleIOVolumeSource
      storageos 27 StorageOSVolumeSource
      csi 28 CSIVolumeSource
      ephemeral 29 EphemeralVolumeSource
      image 30 ImageVolumeSource

    message VolumeStatus
      image 1 ImageVolumeStatus

    message VsphereVirtualDiskVolumeSource
      volumePath 1 string required
      fsType 2 string
      storagePolicyName 3 string
      storagePolicyID 4 string

    message WeightedPodAffinityTerm
      weight 1 int32 required
      podAffinityTerm 2 PodAffinityTerm required

    message WindowsSecurityContextOptions
      gmsaCredentialSpecName 1 string
      gmsaCredentialSpec 2 string
      runAsUserName 3 string
      hostProcess 4 bool
    """#
}
