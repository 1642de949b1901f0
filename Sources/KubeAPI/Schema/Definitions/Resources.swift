extension Schema {
  /// The resources that Skiff serves. A line beginning with `/` is a subresource of the resource above it.
  /// Verbs are `all` where nothing is said; `part` is get, patch and update. `of` is the group version of another
  /// group's kind. `select` lists what a field selector may name besides the object's name and namespace.
  static let resourceTable = #"""
    group v1
    namespaced bindings binding Binding verbs=create
    namespaced configmaps configmap ConfigMap short=cm
    namespaced endpoints endpoints Endpoints short=ep
    namespaced events event Event short=ev select=involvedObject.kind,involvedObject.namespace,involvedObject.name
      select=involvedObject.uid,involvedObject.apiVersion,involvedObject.resourceVersion,involvedObject.fieldPath
      select=reason,reportingComponent,source,type
    cluster namespaces namespace Namespace short=ns verbs=create,delete,get,list,patch,update,watch select=status.phase
    / finalize Namespace verbs=update
    / status Namespace verbs=part
    cluster nodes node Node short=no select=spec.unschedulable
    / proxy NodeProxyOptions verbs=create,delete,get,patch,update
    / status Node verbs=part
    namespaced pods pod Pod short=po categories=all select=spec.nodeName,spec.restartPolicy,spec.schedulerName
      select=spec.serviceAccountName,spec.hostNetwork,status.phase,status.podIP,status.nominatedNodeName
    / attach PodAttachOptions verbs=create,get
    / binding Binding verbs=create
    / ephemeralcontainers Pod verbs=part
    / eviction Eviction of=policy/v1 verbs=create
    / exec PodExecOptions verbs=create,get
    / log Pod verbs=get
    / portforward PodPortForwardOptions verbs=create,get
    / proxy PodProxyOptions verbs=create,delete,get,patch,update
    / status Pod verbs=part
    namespaced secrets secret Secret select=type
    namespaced serviceaccounts serviceaccount ServiceAccount short=sa
    / token TokenRequest of=authentication.k8s.io/v1 verbs=create
    namespaced services service Service short=svc categories=all select=spec.clusterIP,spec.type
    / proxy ServiceProxyOptions verbs=create,delete,get,patch,update
    / status Service verbs=part

    group apps/v1
    namespaced deployments deployment Deployment short=deploy categories=all
    / scale Scale of=autoscaling/v1 verbs=part
    / status Deployment verbs=part
    namespaced replicasets replicaset ReplicaSet short=rs categories=all select=status.replicas
    / scale Scale of=autoscaling/v1 verbs=part
    / status ReplicaSet verbs=part

    group authentication.k8s.io/v1
    cluster selfsubjectreviews selfsubjectreview SelfSubjectReview verbs=create
    cluster tokenreviews tokenreview TokenReview verbs=create

    group authorization.k8s.io/v1
    namespaced localsubjectaccessreviews localsubjectaccessreview LocalSubjectAccessReview verbs=create
    cluster selfsubjectaccessreviews selfsubjectaccessreview SelfSubjectAccessReview verbs=create
    cluster selfsubjectrulesreviews selfsubjectrulesreview SelfSubjectRulesReview verbs=create
    cluster subjectaccessreviews subjectaccessreview SubjectAccessReview verbs=create

    group coordination.k8s.io/v1
    namespaced leases lease Lease

    group discovery.k8s.io/v1
    namespaced endpointslices endpointslice EndpointSlice

    group networking.k8s.io/v1
    namespaced networkpolicies networkpolicy NetworkPolicy short=netpol
    """#
}
