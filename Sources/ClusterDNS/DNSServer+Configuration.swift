import Netlink

extension DNSServer {
  /// How a node's DNS server is set up. All of it is fixed for the time of one run, but for what the file says.
  public struct Configuration: Sendable {
    /// What `id.server` says.
    public var nodeName: String
    /// What holds where there is no file.
    public var settings: DNSConfiguration
    /// A file that is read in place of `settings`, and again when it changes.
    public var file: ConfigurationFile?
    /// How often the files are looked at.
    public var fileInterval = Duration.seconds(1)
    /// Who holds the sockets while the server is restarted; `nil` for nobody.
    public var heldSockets: HeldSockets.Access?
    /// Whether the listen addresses are added to `lo`, and exempted from connection tracking (table `inet skiff-dns`).
    public var ownsAddresses: Bool
    /// What `version.bind` says.
    public var version: String

    public init(
      nodeName: String, settings: DNSConfiguration = DNSConfiguration(), file: ConfigurationFile? = nil,
      heldSockets: HeldSockets.Access? = nil, ownsAddresses: Bool = true, version: String = "skiff"
    ) {
      self.nodeName = nodeName
      self.settings = settings
      self.file = file
      self.heldSockets = heldSockets
      self.ownsAddresses = ownsAddresses
      self.version = version
    }
  }
}

extension DNSConfiguration {
  /// The settings of the answerer.
  /// - Throws: ``DNSServerError`` where the cluster's domain is no usable name.
  func answerSettings(nodeName: String, version: String) throws(DNSServerError) -> AnswerSettings {
    guard let name = WireName(zone), name.bytes.count > 1, name.bytes.count <= 128,
      var settings = AnswerSettings(
        zone: name, ttl: ttl, echoesPodNames: podNames == .insecure, reverseZones: reverseZones, version: version,
        identity: nodeName)
    else {
      throw DNSServerError(
        "use", "cluster domain \"\(zone)\"", reason: "it must be a DNS name of at most 126 characters")
    }
    settings.statics = StaticNames(allHosts(), ttl: hostsTTL)
    return settings
  }

  /// The reverse zones of the ranges. A range that ends within a label (a /12) belongs to the cluster in part only:
  /// each of its whole labels is a zone.
  private var reverseZones: [WireName] {
    reverseRanges.flatMap { range -> [WireName] in
      let (whole, count) = Self.reverseLabels(of: range)
      let step = range.family == .v4 ? 8 : 4
      let stride = UInt128(1) << UInt128(range.family.bitCount - whole)
      return (0..<count).map { index in
        let address = IPAddress(number: range.address.number + UInt128(index) * stride, family: range.family)
        let name = address.reverseName.bytes
        var offset = 0
        for _ in 0..<((range.family.bitCount - whole) / step) { offset += Int(name[offset]) + 1 }
        return WireName(unchecked: Array(name[offset...]))
      }
    }
  }

  /// The bits of the whole labels that a range covers, and how many such labels.
  static func reverseLabels(of range: IPPrefix) -> (bits: Int, count: Int) {
    let step = range.family == .v4 ? 8 : 4
    let whole = (range.length + step - 1) / step * step
    return (whole, 1 << (whole - range.length))
  }
}
