import FoundationEssentials
import Testing

@testable import KubeClient

@Suite struct KubeconfigTests {
  static func text(
    cluster: String = "server: https://10.0.0.1:6443", user: String = "token: abc",
    context: String = "current-context: c"
  ) -> String {
    """
    apiVersion: v1
    kind: Config
    \(context)
    contexts:
    - name: c
      context: {cluster: k, user: u, namespace: shop}
    - name: other
      context: {cluster: missing}
    clusters:
    - name: k
      cluster:
        \(cluster)
    users:
    - name: u
      user:
        \(user)
    """
  }

  @Test func readsInlineData() throws {
    let ca = Data(Fixtures.authority.utf8).base64EncodedString()
    let certificate = Data(Fixtures.clientCertificate.utf8).base64EncodedString()
    let key = Data(Fixtures.clientKey.utf8).base64EncodedString()
    let text = Self.text(
      cluster:
        "server: https://[fd00::1]:6443/prefix/\n    certificate-authority-data: \(ca)\n    tls-server-name: api",
      user: "client-certificate-data: \(certificate)\n    client-key-data: \(key)")
    let configuration = try ClientConfiguration(kubeconfigText: text, path: "/x")
    #expect(configuration.server == "https://[fd00::1]:6443/prefix")
    #expect(configuration.certificateAuthority == Array(Fixtures.authority.utf8))
    #expect(configuration.clientCertificate == Array(Fixtures.clientCertificate.utf8))
    #expect(configuration.clientKey == Array(Fixtures.clientKey.utf8))
    #expect(configuration.tlsServerName == "api")
    #expect(configuration.namespace == "shop")
    #expect(configuration.token == nil)
  }

  @Test func readsFilesBesideTheKubeconfig() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kubeconfig-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(Fixtures.authority.utf8).write(to: folder.appending(path: "ca.crt"))
    let config = folder.appending(path: "config")
    try Data(
      Self.text(cluster: "server: 10.0.0.1:6443\n    certificate-authority: ca.crt", user: "tokenFile: token").utf8
    ).write(to: config)
    let configuration = try ClientConfiguration(kubeconfig: config.path)
    #expect(configuration.server == "https://10.0.0.1:6443")
    #expect(configuration.certificateAuthority == Array(Fixtures.authority.utf8))
    #expect(configuration.token == .file(folder.appending(path: "token").path))
  }

  @Test(arguments: [
    ("", "the file is empty"),
    ("just text", "a mapping with clusters"),
    ("a: [", "this is not YAML"),
    ("kind: Pod", "this is a Pod, not a Config"),
    (text(context: "x: y"), "current-context is not set"),
    (
      text(context: "current-context: gone"),
      "current-context names the context \"gone\", which is not there (there are: c, other)"
    ),
    (
      text(context: "current-context: other"),
      "the context \"other\" names the cluster \"missing\", which is not there (there are: k)"
    ),
    (text(cluster: "x: y"), "the cluster \"k\" has no server"),
    (text(cluster: "server: ftp://x"), "which is no http or https URL"),
    (text(cluster: "server: https://x:99999"), "which is no http or https URL"),
    (text(cluster: "server: https://x\n    certificate-authority-data: '%%%'"), "is not base64"),
    (text(cluster: "server: https://x\n    certificate-authority-data: aGVsbG8="), "is not PEM"),
    (text(cluster: "server: https://x\n    certificate-authority: /does/not/exist"), "there is no such file"),
    (text(user: "exec: {command: x}"), "has \"exec\", which is not supported"),
    (text(user: "client-key-data: LS0tLS1CRUdJTiA="), "has a client-key but no client-certificate"),
  ]) func tellsWhatIsWrong(text: String, problem: String) {
    let error = #expect(throws: KubeconfigError.self) {
      try ClientConfiguration(kubeconfigText: text, path: "/etc/config")
    }
    #expect(error?.description.hasPrefix("kubeconfig /etc/config: ") == true)
    #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test func tellsThatTheFileIsMissing() {
    let error = #expect(throws: KubeconfigError.self) { try ClientConfiguration(kubeconfig: "/does/not/exist") }
    #expect(error?.message == "cannot read it: there is no such file")
  }
}
