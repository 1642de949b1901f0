import KubeAPI

/// What a pod's `/etc/resolv.conf` and `/etc/hosts` say.
struct NameResolution: Sendable, Equatable {
  var servers: [String] = []
  var searches: [String] = []
  var options: [String] = []

  /// Reads a resolv.conf (resolv.conf(5)).
  init(parsing text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace).map { String($0) }
      switch words.first {
      case "nameserver": servers += words.dropFirst().prefix(1)
      case "search": searches = Array(words.dropFirst())
      case "domain": searches = Array(words.dropFirst().prefix(1))
      case "options": options = Array(words.dropFirst())
      default: break
      }
    }
  }

  init(_ spec: PodSpec, namespace: String, clusterDNS: [String], domain: String, host: NameResolution) {
    let policy = spec.dnsPolicy ?? "ClusterFirst"
    if policy == "None" {
      self = host
      (servers, searches, options) = ([], [], [])
    } else if policy == "Default" || clusterDNS.isEmpty || (policy == "ClusterFirst" && spec.hostNetwork == true) {
      self = host
    } else {
      self = host
      servers = clusterDNS
      let cluster = ["\(namespace).svc.\(domain)", "svc.\(domain)", domain]
      searches = cluster + host.searches.filter { !cluster.contains($0) && $0 != "." }
      options = ["ndots:5"]
    }
    guard let config = spec.dnsConfig else { return }
    for server in config.nameservers where !servers.contains(server) { servers.append(server) }
    for search in config.searches where !searches.contains(search) { searches.append(search) }
    for option in config.options {
      let name = option.name ?? ""
      options.removeAll { $0 == name || $0.hasPrefix(name + ":") }
      options.append(option.value.map { "\(name):\($0)" } ?? name)
    }
  }

  static func hostname(_ pod: Pod) -> String {
    let name = pod.spec.hostname ?? pod.metadata.name ?? ""
    var short = name.prefix(63)
    while let last = short.last, last == "-" || last == "." { short.removeLast() }
    return String(short)
  }

  /// The hosts file of a pod; one on the node's network starts with the node's own.
  static func hosts(_ pod: Pod, ips: [String], domain: String, nodeHosts: String?) -> String {
    var text: String
    if pod.spec.hostNetwork == true, let nodeHosts {
      text = "# Kubernetes-managed hosts file (host network).\n" + nodeHosts
      if !text.hasSuffix("\n") { text += "\n" }
    } else {
      text = """
        # Kubernetes-managed hosts file.
        127.0.0.1\tlocalhost
        ::1\tlocalhost ip6-localhost ip6-loopback
        fe00::\tip6-localnet
        fe00::\tip6-mcastprefix
        fe00::1\tip6-allnodes
        fe00::2\tip6-allrouters

        """
      let name = hostname(pod)
      for ip in ips {
        if let subdomain = pod.spec.subdomain, !subdomain.isEmpty {
          text += "\(ip)\t\(name).\(subdomain).\(pod.metadata.namespace ?? "").svc.\(domain)\t\(name)\n"
        } else {
          text += "\(ip)\t\(name)\n"
        }
      }
    }
    if !pod.spec.hostAliases.isEmpty {
      text += "\n# Entries added by HostAliases.\n"
      for alias in pod.spec.hostAliases { text += "\(alias.ip ?? "")\t\(alias.hostnames.joined(separator: "\t"))\n" }
    }
    return text
  }
}
