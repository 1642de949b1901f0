import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import SwiftProtobuf

/// The calls of CRI v1 that the kubelet makes, over a connection to the runtime's unix socket.
///
/// ``run()`` keeps it; calls wait for it.
struct RuntimeClient: Sendable {
  static let runtimeService = ServiceDescriptor(fullyQualifiedService: "runtime.v1.RuntimeService")
  static let imageService = ServiceDescriptor(fullyQualifiedService: "runtime.v1.ImageService")
  static let eventService = ServiceDescriptor(fullyQualifiedService: "containerd.services.events.v1.Events")
  /// What containerd itself allows for a message.
  private static let messageLimit = 16 << 20

  private let connections: RuntimeConnections

  /// - Parameter socket: the path of the runtime's unix socket.
  init(socket: String) throws { connections = RuntimeConnections(socket: socket) }

  /// Keeps the connections until it is cancelled.
  func run() async throws { try await connections.run() }

  private func options(_ timeout: Duration) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    options.waitForReady = true
    options.maxResponseMessageBytes = Self.messageLimit
    options.maxRequestMessageBytes = Self.messageLimit
    return options
  }

  private func call<Request: Message, Response: Message>(
    _ service: ServiceDescriptor, _ method: String, _ request: Request, timeout: Duration = .seconds(30)
  ) async throws -> Response {
    try await connections.next().unary(
      request: ClientRequest(message: request), descriptor: MethodDescriptor(service: service, method: method),
      serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
      options: options(timeout)
    ) { try $0.message }
  }

  private func runtime<Request: Message, Response: Message>(
    _ method: String, _ request: Request, timeout: Duration = .seconds(30)
  ) async throws -> Response {
    try await call(Self.runtimeService, method, request, timeout: timeout)
  }

  private func image<Request: Message, Response: Message>(
    _ method: String, _ request: Request, timeout: Duration = .seconds(30)
  ) async throws -> Response {
    try await call(Self.imageService, method, request, timeout: timeout)
  }

  // MARK: the runtime

  func version(timeout: Duration = .seconds(5)) async throws -> CRIVersionResponse {
    var request = CRIVersionRequest()
    request.version = "v1"
    return try await runtime("Version", request, timeout: timeout)
  }

  func status() async throws -> CRIRuntimeStatus {
    let response: CRIStatusResponse = try await runtime("Status", CRIStatusRequest(), timeout: .seconds(5))
    return response.status
  }

  // MARK: sandboxes

  func runPodSandbox(_ config: CRIPodSandboxConfig) async throws -> String {
    var request = CRIRunPodSandboxRequest()
    request.config = config
    let response: CRIRunPodSandboxResponse = try await runtime("RunPodSandbox", request, timeout: .seconds(120))
    return response.podSandboxID
  }

  func stopPodSandbox(_ id: String) async throws {
    var request = CRIStopPodSandboxRequest()
    request.podSandboxID = id
    let _: CRIStopPodSandboxResponse = try await runtime("StopPodSandbox", request, timeout: .seconds(120))
  }

  func removePodSandbox(_ id: String) async throws {
    var request = CRIRemovePodSandboxRequest()
    request.podSandboxID = id
    let _: CRIRemovePodSandboxResponse = try await runtime("RemovePodSandbox", request, timeout: .seconds(120))
  }

  func podSandboxStatus(_ id: String) async throws -> CRIPodSandboxStatus {
    var request = CRIPodSandboxStatusRequest()
    request.podSandboxID = id
    let response: CRIPodSandboxStatusResponse = try await runtime("PodSandboxStatus", request)
    return response.status
  }

  /// - Parameter uid: the pod's; `nil` for those of all pods.
  func listPodSandboxes(pod uid: String? = nil) async throws -> [CRIPodSandbox] {
    var request = CRIListPodSandboxRequest()
    if let uid { request.filter.labelSelector = [RuntimeLabel.podUID: uid] }
    let response: CRIListPodSandboxResponse = try await runtime("ListPodSandbox", request)
    return response.items
  }

  // MARK: containers

  func createContainer(
    _ config: CRIContainerConfig, in sandbox: String, _ sandboxConfig: CRIPodSandboxConfig
  ) async throws -> String {
    var request = CRICreateContainerRequest()
    request.podSandboxID = sandbox
    request.config = config
    request.sandboxConfig = sandboxConfig
    let response: CRICreateContainerResponse = try await runtime("CreateContainer", request, timeout: .seconds(120))
    return response.containerID
  }

  func startContainer(_ id: String) async throws {
    var request = CRIStartContainerRequest()
    request.containerID = id
    let _: CRIStartContainerResponse = try await runtime("StartContainer", request, timeout: .seconds(120))
  }

  /// - Parameter grace: seconds between the stop signal and SIGKILL.
  func stopContainer(_ id: String, grace: Int64) async throws {
    var request = CRIStopContainerRequest()
    request.containerID = id
    request.timeout = grace
    let _: CRIStopContainerResponse = try await runtime(
      "StopContainer", request, timeout: .seconds(grace + 120))
  }

  func removeContainer(_ id: String) async throws {
    var request = CRIRemoveContainerRequest()
    request.containerID = id
    let _: CRIRemoveContainerResponse = try await runtime("RemoveContainer", request)
  }

  func listContainers(pod uid: String? = nil) async throws -> [CRIContainer] {
    var request = CRIListContainersRequest()
    if let uid { request.filter.labelSelector = [RuntimeLabel.podUID: uid] }
    let response: CRIListContainersResponse = try await runtime("ListContainers", request)
    return response.containers
  }

  func containerStatus(_ id: String) async throws -> CRIContainerStatus {
    var request = CRIContainerStatusRequest()
    request.containerID = id
    let response: CRIContainerStatusResponse = try await runtime("ContainerStatus", request)
    return response.status
  }

  func reopenContainerLog(_ id: String) async throws {
    var request = CRIReopenContainerLogRequest()
    request.containerID = id
    let _: CRIReopenContainerLogResponse = try await runtime("ReopenContainerLog", request)
  }

  // MARK: running something in a container

  func execSync(_ id: String, _ command: [String], timeout: Int64) async throws -> CRIExecSyncResponse {
    var request = CRIExecSyncRequest()
    request.containerID = id
    request.cmd = command
    request.timeout = timeout
    return try await runtime("ExecSync", request, timeout: .seconds(timeout + 10))
  }

  /// The address at the runtime's streaming server where the session waits to be taken up.
  func exec(_ request: CRIExecRequest) async throws -> String {
    let response: CRIExecResponse = try await runtime("Exec", request)
    return response.url
  }

  func attach(_ request: CRIAttachRequest) async throws -> String {
    let response: CRIAttachResponse = try await runtime("Attach", request)
    return response.url
  }

  func portForward(_ sandbox: String) async throws -> String {
    var request = CRIPortForwardRequest()
    request.podSandboxID = sandbox
    let response: CRIPortForwardResponse = try await runtime("PortForward", request)
    return response.url
  }

  // MARK: images

  func listImages() async throws -> [CRIImage] {
    let response: CRIListImagesResponse = try await image("ListImages", CRIListImagesRequest())
    return response.images
  }

  /// `nil` where the runtime has no such image.
  func imageStatus(_ name: String) async throws -> CRIImage? {
    var request = CRIImageStatusRequest()
    request.image.image = name
    let response: CRIImageStatusResponse = try await image("ImageStatus", request)
    return response.hasImage ? response.image : nil
  }

  /// The pulled image's reference.
  func pullImage(_ name: String, auth: CRIAuthConfig?, sandbox: CRIPodSandboxConfig) async throws -> String {
    var request = CRIPullImageRequest()
    request.image.image = name
    if let auth { request.auth = auth }
    request.sandboxConfig = sandbox
    let response: CRIPullImageResponse = try await image("PullImage", request, timeout: .seconds(1800))
    return response.imageRef
  }

  func removeImage(_ name: String) async throws {
    var request = CRIRemoveImageRequest()
    request.image.image = name
    let _: CRIRemoveImageResponse = try await image("RemoveImage", request)
  }

  func imageFilesystem() async throws -> CRIFilesystemUsage? {
    let response: CRIImageFsInfoResponse = try await image("ImageFsInfo", CRIImageFsInfoRequest())
    return response.imageFilesystems.first
  }

  // MARK: containerd's own events

  /// Calls `body` with the ID of a container or sandbox each time one of its tasks starts or ends. Returns when the
  /// runtime closes the stream, throws where the runtime is not containerd.
  func taskEvents(_ body: @escaping @Sendable (String) async -> Void) async throws {
    var request = ContainerdSubscribeRequest()
    request.filters = [
      #"namespace=="k8s.io",topic=="/tasks/exit""#, #"namespace=="k8s.io",topic=="/tasks/oom""#,
    ]
    var options = CallOptions.defaults
    options.waitForReady = true
    try await connections.next().serverStreaming(
      request: ClientRequest(message: request),
      descriptor: MethodDescriptor(service: Self.eventService, method: "Subscribe"),
      serializer: ProtobufSerializer<ContainerdSubscribeRequest>(),
      deserializer: ProtobufDeserializer<ContainerdEnvelope>(), options: options
    ) { response in
      for try await envelope in response.messages {
        // The first field of both messages is the container's ID.
        guard let exit = try? ContainerdTaskExit(serializedBytes: envelope.event.value),
          exit.id.isEmpty || exit.id == exit.containerID  // else a command ended that was run in the container
        else { continue }
        await body(exit.containerID)
      }
    }
  }
}
