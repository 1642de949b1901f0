public import Netlink

extension DNSServer {
  /// How a node's DNS server works. All of it is fixed for the time of one run.
  public struct Configuration: Sendable {
    /// What `id.server` says.
    public var nodeName: String
    /// The cluster's zone.
    public var clusterDomain: String
    /// Where the server is asked: the ClusterIP of the service `kube-dns`, and a link-local address that is the same
    /// on every node.
    public var listenAddresses: [ListenAddress]
    /// Whether the listen addresses are added to `lo`, and exempted from connection tracking (table `inet skiff-dns`).
    public var ownsAddresses: Bool
    /// Who is asked for names outside the cluster; `nil` for the name servers in `resolvConf`. The server's own
    /// addresses are left out, so that no query goes round in circles.
    public var upstreams: [ListenAddress]?
    public var resolvConf: String
    /// Seconds that clients may keep an answer about the cluster.
    public var ttl: UInt32
    public var podNames: PodNames
    /// Ranges whose reverse names are the cluster's alone: one that is not known does not exist, and is asked nowhere.
    public var reverseRanges: [IPPrefix]
    /// Threads a listen address; `nil` for one a core.
    public var threads: Int?
    /// Bytes of all answers of upstreams that are kept.
    public var cacheSize: Int
    /// TCP connections at a time, and seconds that one may be quiet.
    public var connectionLimit: Int
    public var connectionIdle: Int
    public var version: String

    public init(
      nodeName: String, clusterDomain: String = "cluster.local",
      listenAddresses: [ListenAddress] = [
        ListenAddress(IPAddress(10, 96, 0, 10)), ListenAddress(IPAddress(169, 254, 20, 10)),
      ],
      ownsAddresses: Bool = true, upstreams: [ListenAddress]? = nil, resolvConf: String = "/etc/resolv.conf",
      ttl: UInt32 = 5, podNames: PodNames = .insecure, reverseRanges: [IPPrefix] = [], threads: Int? = nil,
      cacheSize: Int = 8 << 20, connectionLimit: Int = 1000, connectionIdle: Int = 10, version: String = "skiff"
    ) {
      self.nodeName = nodeName
      self.clusterDomain = clusterDomain
      self.listenAddresses = listenAddresses
      self.ownsAddresses = ownsAddresses
      self.upstreams = upstreams
      self.resolvConf = resolvConf
      self.ttl = ttl
      self.podNames = podNames
      self.reverseRanges = reverseRanges
      self.threads = threads
      self.cacheSize = cacheSize
      self.connectionLimit = connectionLimit
      self.connectionIdle = connectionIdle
      self.version = version
    }
  }
}

extension DNSServer.Configuration {
  /// The settings of the answerer.
  /// - Throws: ``DNSServerError`` where the cluster's domain is no usable name.
  func answerSettings() throws(DNSServerError) -> AnswerSettings {
    guard let zone = WireName(clusterDomain), zone.bytes.count > 1, zone.bytes.count <= 128,
      let settings = AnswerSettings(
        zone: zone, ttl: ttl, echoesPodNames: podNames == .insecure, reverseZones: reverseZones, version: version,
        identity: nodeName)
    else {
      throw DNSServerError(
        "use", "cluster domain \"\(clusterDomain)\"", reason: "it must be a DNS name of at most 126 characters")
    }
    return settings
  }

  /// The reverse zones of the ranges. A range that ends within a label (a /12) belongs to the cluster in part only:
  /// each of its whole labels is a zone, where these are few.
  private var reverseZones: [WireName] {
    reverseRanges.flatMap { range -> [WireName] in
      let step = range.family == .v4 ? 8 : 4
      let whole = (range.length + step - 1) / step * step
      guard range.length > 0, whole - range.length <= 4 else { return [] }
      let stride = UInt128(1) << UInt128(range.family.bitCount - whole)
      return (0..<(1 << (whole - range.length))).map { index in
        let address = IPAddress(number: range.address.number + UInt128(index) * stride, family: range.family)
        let name = address.reverseName.bytes
        var offset = 0
        for _ in 0..<((range.family.bitCount - whole) / step) { offset += Int(name[offset]) + 1 }
        return WireName(unchecked: Array(name[offset...]))
      }
    }
  }

  /// Who is asked, without this server itself.
  func forwardTargets() -> [ListenAddress] {
    let own = Set(listenAddresses)
    if let upstreams { return upstreams.filter { !own.contains($0) } }
    guard let text = ResolvConf.read(resolvConf) else { return [] }
    return ResolvConf.nameServers(text).map { ListenAddress($0) }.filter { !own.contains($0) }
  }
}
