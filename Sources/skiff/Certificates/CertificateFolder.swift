import Control

/// A folder with certificates, those of the control plane or those of a node. What is there is kept; what is missing is
/// issued. The API server's own certificates are in no folder: it issues them anew whenever it starts.
struct CertificateFolder {
  let path: String

  /// The authority that everyone in the cluster trusts.
  var authorityCertificate: String { "\(path)/ca.crt" }
  var authorityKey: String { "\(path)/ca.key" }
  /// For the cluster's owner.
  var adminKubeconfig: String { "\(path)/admin.kubeconfig" }
  func certificate(_ name: String) -> String { "\(path)/\(name).crt" }
  func key(_ name: String) -> String { "\(path)/\(name).key" }

  /// The authority; a new one where there is none.
  func authority() throws -> CertificateAuthority {
    try Files.makeDirectory(path, mode: 0o700)
    return try CertificateAuthority.loadOrCreate(
      certificatePath: authorityCertificate, keyPath: authorityKey, commonName: "skiff-ca")
  }

  /// - Parameter server: the API server's URL.
  func ensureAdministrator(_ authority: CertificateAuthority, server: String, context: String) throws {
    try ensureKubeconfig(adminKubeconfig, server: server, context: context, user: "admin", authority) {
      try authority.issue(commonName: "kubernetes-admin", organizations: ["system:masters"], usage: .client)
    }
  }

  func ensure(_ name: String, issue: () throws -> CertificatePair) throws {
    if Files.exists(certificate(name)), Files.exists(key(name)) { return }
    try Files.makeDirectory(path, mode: 0o700)
    try issue().write(certificatePath: certificate(name), keyPath: key(name))
  }

  func ensureKubeconfig(
    _ file: String, server: String, context: String, user: String, _ authority: CertificateAuthority,
    issue: () throws -> CertificatePair
  ) throws {
    if Files.exists(file) { return }
    let pair = try issue()
    let kubeconfig = KubeconfigFile(
      context: context, user: user, server: server, certificateAuthority: Array(authority.certificatePEM.utf8),
      clientCertificate: Array(pair.certificate.utf8), clientKey: Array(pair.key.utf8))
    try Files.write(kubeconfig.bytes, to: file, mode: 0o600)
  }
}
