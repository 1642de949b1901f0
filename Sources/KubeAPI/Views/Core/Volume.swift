/// `Volume` of `core.v1`.
public struct Volume: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var name: String? {
    get { json.field("name") }
    set { json.setField("name", newValue) }
  }

  public var hostPath: HostPathVolumeSource? {
    get { json.field("hostPath") }
    set { json.setField("hostPath", newValue) }
  }

  public var emptyDir: EmptyDirVolumeSource? {
    get { json.field("emptyDir") }
    set { json.setField("emptyDir", newValue) }
  }

  public var gcePersistentDisk: GCEPersistentDiskVolumeSource? {
    get { json.field("gcePersistentDisk") }
    set { json.setField("gcePersistentDisk", newValue) }
  }

  public var awsElasticBlockStore: AWSElasticBlockStoreVolumeSource? {
    get { json.field("awsElasticBlockStore") }
    set { json.setField("awsElasticBlockStore", newValue) }
  }

  public var gitRepo: GitRepoVolumeSource? {
    get { json.field("gitRepo") }
    set { json.setField("gitRepo", newValue) }
  }

  public var secret: SecretVolumeSource? {
    get { json.field("secret") }
    set { json.setField("secret", newValue) }
  }

  public var nfs: NFSVolumeSource? {
    get { json.field("nfs") }
    set { json.setField("nfs", newValue) }
  }

  public var iscsi: ISCSIVolumeSource? {
    get { json.field("iscsi") }
    set { json.setField("iscsi", newValue) }
  }

  public var glusterfs: GlusterfsVolumeSource? {
    get { json.field("glusterfs") }
    set { json.setField("glusterfs", newValue) }
  }

  public var persistentVolumeClaim: PersistentVolumeClaimVolumeSource? {
    get { json.field("persistentVolumeClaim") }
    set { json.setField("persistentVolumeClaim", newValue) }
  }

  public var rbd: RBDVolumeSource? {
    get { json.field("rbd") }
    set { json.setField("rbd", newValue) }
  }

  public var flexVolume: FlexVolumeSource? {
    get { json.field("flexVolume") }
    set { json.setField("flexVolume", newValue) }
  }

  public var cinder: CinderVolumeSource? {
    get { json.field("cinder") }
    set { json.setField("cinder", newValue) }
  }

  public var cephfs: CephFSVolumeSource? {
    get { json.field("cephfs") }
    set { json.setField("cephfs", newValue) }
  }

  public var flocker: FlockerVolumeSource? {
    get { json.field("flocker") }
    set { json.setField("flocker", newValue) }
  }

  public var downwardAPI: DownwardAPIVolumeSource? {
    get { json.field("downwardAPI") }
    set { json.setField("downwardAPI", newValue) }
  }

  public var fc: FCVolumeSource? {
    get { json.field("fc") }
    set { json.setField("fc", newValue) }
  }

  public var azureFile: AzureFileVolumeSource? {
    get { json.field("azureFile") }
    set { json.setField("azureFile", newValue) }
  }

  public var configMap: ConfigMapVolumeSource? {
    get { json.field("configMap") }
    set { json.setField("configMap", newValue) }
  }

  public var vsphereVolume: VsphereVirtualDiskVolumeSource? {
    get { json.field("vsphereVolume") }
    set { json.setField("vsphereVolume", newValue) }
  }

  public var quobyte: QuobyteVolumeSource? {
    get { json.field("quobyte") }
    set { json.setField("quobyte", newValue) }
  }

  public var azureDisk: AzureDiskVolumeSource? {
    get { json.field("azureDisk") }
    set { json.setField("azureDisk", newValue) }
  }

  public var photonPersistentDisk: PhotonPersistentDiskVolumeSource? {
    get { json.field("photonPersistentDisk") }
    set { json.setField("photonPersistentDisk", newValue) }
  }

  public var projected: ProjectedVolumeSource? {
    get { json.field("projected") }
    set { json.setField("projected", newValue) }
  }

  public var portworxVolume: PortworxVolumeSource? {
    get { json.field("portworxVolume") }
    set { json.setField("portworxVolume", newValue) }
  }

  public var scaleIO: ScaleIOVolumeSource? {
    get { json.field("scaleIO") }
    set { json.setField("scaleIO", newValue) }
  }

  public var storageos: StorageOSVolumeSource? {
    get { json.field("storageos") }
    set { json.setField("storageos", newValue) }
  }

  public var csi: CSIVolumeSource? {
    get { json.field("csi") }
    set { json.setField("csi", newValue) }
  }

  public var ephemeral: EphemeralVolumeSource? {
    get { json.field("ephemeral") }
    set { json.setField("ephemeral", newValue) }
  }

  public var image: ImageVolumeSource? {
    get { json.field("image") }
    set { json.setField("image", newValue) }
  }
}
