import Glibc

/// Where a ``DNSConfiguration`` comes from: a file over what the command line says.
public struct ConfigurationFile: Sendable, Hashable {
  public enum Format: Sendable, Hashable { case yaml, corefile }

  public var path: String
  public var format: Format
  /// What holds where the file says nothing.
  public var base: DNSConfiguration

  public init(_ path: String, format: Format, over base: DNSConfiguration) {
    self.path = path
    self.format = format
    self.base = base
  }

  /// What the file says.
  public struct Contents: Sendable {
    public var configuration: DNSConfiguration
    /// Directives of a Corefile without a counterpart.
    public var notes: [ConfigurationProblem] = []
  }

  /// Reads the file and the one with static names that it mentions.
  /// - Throws: ``ConfigurationError`` with everything that is wrong.
  public func read() throws(ConfigurationError) -> Contents {
    guard let text = TextFile.read(path) else {
      let reason = "cannot read it: \(String(cString: strerror(errno)))"
      throw ConfigurationError(file: path, problems: [ConfigurationProblem(line: nil, "", reason)])
    }
    var contents = Contents(configuration: base)
    switch format {
    case .yaml: try contents.configuration.read(yaml: text, file: path)
    case .corefile:
      let reader = CorefileReader(text, over: base) { name in getenv(name).map { String(cString: $0) } }
      contents = Contents(configuration: reader.configuration, notes: reader.notes)
      guard reader.problems.isEmpty else { throw ConfigurationError(file: path, problems: reader.problems) }
    }
    try contents.configuration.checkFiles(file: path)
    return contents
  }
}

extension DNSConfiguration {
  /// Files whose change changes what the server does.
  var watchedFiles: [String] {
    let groups = [upstreams].compactMap { $0 } + stubDomains.compactMap(\.upstreams)
    return [resolvConf] + [hostsFile].compactMap { $0 } + groups.compactMap(\.authorities)
  }

  /// That the files named can be read.
  func checkFiles(file: String) throws(ConfigurationError) {
    var problems: [ConfigurationProblem] = []
    for path in watchedFiles where path != resolvConf || upstreams == nil {
      if TextFile.read(path) == nil, path != resolvConf {
        problems.append(ConfigurationProblem(line: nil, path, "cannot read it: \(String(cString: strerror(errno)))"))
      }
    }
    guard problems.isEmpty else { throw ConfigurationError(file: file, problems: problems) }
  }

  /// The static names, those of the file included.
  func allHosts() -> [StaticHost] {
    guard let hostsFile, let text = TextFile.read(hostsFile) else { return hosts }
    let cluster = WireName(zone)
    return hosts
      + HostsFile.hosts(text).filter { host in
        !hosts.contains { $0.name == host.name } && cluster.map { !host.name.isWithin($0) } ?? true
      }
  }
}
