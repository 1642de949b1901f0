import FoundationEssentials
import Yams

extension ClientConfiguration {
  /// Reads a kubeconfig file. Paths in it are relative to its folder, as kubectl has them.
  ///
  /// - Parameter context: the context to use in place of `current-context`.
  /// - Throws: ``KubeconfigError``, which names the file, the entry and what to do.
  public init(kubeconfig path: String, context: String? = nil) throws(KubeconfigError) {
    let text = try Kubeconfig.read(path, what: "the file", of: path)
    try self.init(
      kubeconfigText: String(decoding: text, as: UTF8.self), path: path, context: context)
  }

  /// Reads the text of a kubeconfig; `path` is what errors name and what relative paths in it start from.
  public init(kubeconfigText text: String, path: String, context: String? = nil) throws(KubeconfigError) {
    self = try Kubeconfig(text: text, path: path).configuration(context: context)
  }
}

/// A kubeconfig document while it is read.
struct Kubeconfig {
  let path: String
  let root: Node

  init(text: String, path: String) throws(KubeconfigError) {
    self.path = path
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw KubeconfigError(path: path, message: "this is not YAML: \(error)")
    }
    guard let node, node.mapping != nil else {
      throw KubeconfigError(
        path: path,
        message: text.isEmpty ? "the file is empty" : "a mapping with clusters, users and contexts is missing"
      )
    }
    if let kind = node["kind"]?.string, kind != "Config" {
      throw KubeconfigError(path: path, message: "this is a \(kind), not a Config")
    }
    root = node
  }

  private func error(_ message: String) -> KubeconfigError { KubeconfigError(path: path, message: message) }

  /// The part `member` of the list entry with that name.
  private func entry(_ list: String, _ member: String, _ name: String, neededBy: String) throws(KubeconfigError) -> Node
  {
    let entries = root[list]?.sequence.map(Array.init) ?? []
    guard let found = entries.first(where: { $0["name"]?.string == name }) else {
      let names = entries.compactMap { $0["name"]?.string }.joined(separator: ", ")
      throw error(
        "\(neededBy) names the \(member) \"\(name)\", which is not there (\(names.isEmpty ? "there are none" : "there are: \(names)"))"
      )
    }
    guard let body = found[member], body.mapping != nil else {
      throw error("the \(member) \"\(name)\" has no \"\(member)\" mapping")
    }
    return body
  }

  func configuration(context asked: String?) throws(KubeconfigError) -> ClientConfiguration {
    guard let contextName = asked ?? root["current-context"]?.string, !contextName.isEmpty else {
      throw error("current-context is not set; set it or name a context")
    }
    let context = try entry(
      "contexts", "context", contextName, neededBy: asked == nil ? "current-context" : "the command line")
    guard let clusterName = context["cluster"]?.string, !clusterName.isEmpty else {
      throw error("the context \"\(contextName)\" names no cluster")
    }
    let neededBy = "the context \"\(contextName)\""
    let cluster = try entry("clusters", "cluster", clusterName, neededBy: neededBy)
    guard let server = cluster["server"]?.string, !server.isEmpty else {
      throw error("the cluster \"\(clusterName)\" has no server")
    }
    guard let url = ServerURL(server) else {
      throw error("the cluster \"\(clusterName)\" has the server \"\(server)\", which is no http or https URL")
    }
    if let proxy = cluster["proxy-url"]?.string, !proxy.isEmpty {
      throw error("the cluster \"\(clusterName)\" has a proxy-url, which is not supported; take it out")
    }
    var result = ClientConfiguration(server: url.text)
    result.insecureSkipTLSVerify = cluster["insecure-skip-tls-verify"]?.bool ?? false
    result.tlsServerName = cluster["tls-server-name"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    let owner = "the cluster \"\(clusterName)\""
    result.certificateAuthority = try bytes(of: "certificate-authority", in: cluster, owner: owner)
    if let namespace = context["namespace"]?.string, !namespace.isEmpty { result.namespace = namespace }
    if let userName = context["user"]?.string, !userName.isEmpty {
      try read(try entry("users", "user", userName, neededBy: neededBy), named: userName, into: &result)
    }
    return result
  }

  private func read(
    _ user: Node, named name: String, into result: inout ClientConfiguration
  ) throws(KubeconfigError) {
    let owner = "the user \"\(name)\""
    for unsupported in ["exec", "auth-provider", "username"] where user[unsupported] != nil {
      throw error(
        "\(owner) has \"\(unsupported)\", which is not supported; use a client certificate, a token or a token file")
    }
    result.clientCertificate = try bytes(of: "client-certificate", in: user, owner: owner)
    result.clientKey = try bytes(of: "client-key", in: user, owner: owner)
    if (result.clientCertificate == nil) != (result.clientKey == nil) {
      let (has, lacks) =
        result.clientKey == nil ? ("client-certificate", "client-key") : ("client-key", "client-certificate")
      throw error("\(owner) has a \(has) but no \(lacks)")
    }
    if let file = user["tokenFile"]?.string, !file.isEmpty {
      result.token = .file(resolve(file))
    } else if let token = user["token"]?.string, !token.isEmpty {
      result.token = .value(token)
    }
  }

  /// What stands in the file as `NAME-data` (base64), or in the file that `NAME` gives.
  private func bytes(of name: String, in node: Node, owner: String) throws(KubeconfigError) -> [UInt8]? {
    let bytes: [UInt8]
    let field: String
    if let data = node["\(name)-data"]?.string, !data.isEmpty {
      field = "\(name)-data"
      guard let decoded = Data(base64Encoded: data, options: .ignoreUnknownCharacters), !decoded.isEmpty else {
        throw error("the \(field) of \(owner) is not base64")
      }
      bytes = Array(decoded)
    } else if let file = node[name]?.string, !file.isEmpty {
      field = name
      bytes = try Self.read(resolve(file), what: "the \(name) of \(owner)", of: path)
    } else {
      return nil
    }
    guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") else {
      throw error("the \(field) of \(owner) is not PEM")
    }
    return bytes
  }

  private func resolve(_ file: String) -> String {
    if file.hasPrefix("/") { return file }
    guard let slash = path.lastIndex(of: "/") else { return file }
    return path[...slash] + file
  }

  /// The bytes of a file, by read(2): the error says what kept it from being read.
  static func read(_ file: String, what: String, of path: String) throws(KubeconfigError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(filePath: file)))
    } catch {
      let subject = file == path ? "it" : "\(what) (\(file))"
      let manager = FileManager.default
      var isDirectory = false
      let problem =
        !manager.fileExists(atPath: file, isDirectory: &isDirectory)
        ? "there is no such file"
        : isDirectory
          ? "it is a folder" : "\((error as? CocoaError)?.code.rawValue == 257 ? "permission denied" : "\(error)")"
      throw KubeconfigError(path: path, message: "cannot read \(subject): \(problem)")
    }
  }
}
