extension NodeKubelet {
  /// What the kubelet is told. Every path may be chosen, so that several nodes run on one machine.
  public struct Configuration: Sendable {
    public var nodeName: String
    /// The node's own addresses (InternalIP), one of each family, the first the main one.
    public var nodeAddresses: [String]
    /// What outlives a reboot: images, volumes, logs.
    public var rootDirectory: String
    /// What does not: sockets and process IDs.
    public var runDirectory: String
    public var cniConfigDirectory: String
    public var cniBinDirectory: String
    /// Servers that pods ask for names.
    public var clusterDNS: [String]
    public var clusterDomain: String
    /// Folders of OCI or docker archives, which are imported at start and when a new one appears.
    public var imagesDirectories: [String]
    /// The static executable `skiff-pause`.
    public var pauseExecutable: String
    /// PEM files; without them the server signs a certificate of its own.
    public var servingCertificatePath: String?
    public var servingKeyPath: String?
    /// PEM file of the authority of client certificates; without it nobody but `/healthz` is answered.
    public var clientCAPath: String?
    /// The folder below which all cgroups of this node's pods lie.
    public var cgroupRoot: String
    /// The unix socket of a runtime that is there already; `nil` for a containerd of the kubelet's own.
    public var runtimeEndpoint: String?
    /// Settings of registries in the form of containerd's `certs.d`.
    public var registryDirectory: String?
    public var maxPods: Int
    /// The address and port of the kubelet's server.
    public var serverAddress: String
    public var serverPort: Int
    public var nodeLabels: [String: String]
    /// What the node says of its kubelet's version.
    public var version: String

    public init(
      nodeName: String, nodeAddresses: [String], rootDirectory: String = "/var/lib/skiff/kubelet",
      runDirectory: String = "/run/skiff", cniConfigDirectory: String = "/run/skiff/cni/net.d",
      cniBinDirectory: String = "/run/skiff/cni/bin", clusterDNS: [String] = ["10.96.0.10"],
      clusterDomain: String = "cluster.local", imagesDirectories: [String] = [], pauseExecutable: String,
      servingCertificatePath: String? = nil, servingKeyPath: String? = nil, clientCAPath: String? = nil,
      cgroupRoot: String = "/skiff", runtimeEndpoint: String? = nil, registryDirectory: String? = nil,
      maxPods: Int = 110, serverAddress: String = "0.0.0.0", serverPort: Int = 10250,
      nodeLabels: [String: String] = [:], version: String = "v1.36.0"
    ) {
      self.nodeName = nodeName
      self.nodeAddresses = nodeAddresses
      self.rootDirectory = rootDirectory
      self.runDirectory = runDirectory
      self.cniConfigDirectory = cniConfigDirectory
      self.cniBinDirectory = cniBinDirectory
      self.clusterDNS = clusterDNS
      self.clusterDomain = clusterDomain
      self.imagesDirectories = imagesDirectories
      self.pauseExecutable = pauseExecutable
      self.servingCertificatePath = servingCertificatePath
      self.servingKeyPath = servingKeyPath
      self.clientCAPath = clientCAPath
      self.cgroupRoot = cgroupRoot
      self.runtimeEndpoint = runtimeEndpoint
      self.registryDirectory = registryDirectory
      self.maxPods = maxPods
      self.serverAddress = serverAddress
      self.serverPort = serverPort
      self.nodeLabels = nodeLabels
      self.version = version
    }
  }
}
