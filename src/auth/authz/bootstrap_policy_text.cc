// SPDX-License-Identifier: Apache-2.0
// The roles and bindings every Kubernetes 1.36 cluster starts with, in the notation that
// bootstrap_policy.cc reads. Source: what a 1.36.3 server answers for them.
#include "auth/authz/bootstrap_policy_text.h"

namespace knarr::auth {

const std::string_view kBootstrapPolicyText = R"(
clusterrole admin from:admin
clusterrole cluster-admin
  * * *
  * url *
clusterrole edit to:admin from:edit
clusterrole view to:edit from:view
clusterrole system:aggregate-to-admin to:admin
  create authorization.k8s.io localsubjectaccessreviews
  ALL rbac.authorization.k8s.io rolebindings,roles
clusterrole system:aggregate-to-edit to:edit
  READ core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
  impersonate core serviceaccounts
  WRITE core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
  create core pods/eviction
  WRITE core configmaps,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
  create core serviceaccounts/token
  WRITE core,events.k8s.io events
  WRITE apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
  WRITE autoscaling horizontalpodautoscalers
  WRITE batch cronjobs,jobs
  WRITE extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
  WRITE policy poddisruptionbudgets
  WRITE networking.k8s.io ingresses,networkpolicies
  ALL coordination.k8s.io leases
  WRITE resource.k8s.io resourceclaims,resourceclaimtemplates
clusterrole system:aggregate-to-view to:view
  READ core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
  READ core bindings,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
  READ core namespaces
  READ core,events.k8s.io events
  READ discovery.k8s.io endpointslices
  READ apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
  READ autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
  READ batch cronjobs,cronjobs/status,jobs,jobs/status
  READ extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
  READ policy poddisruptionbudgets,poddisruptionbudgets/status
  READ networking.k8s.io ingresses,ingresses/status,networkpolicies
  READ resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
clusterrole system:auth-delegator
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
clusterrole system:basic-user
  create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
  create authentication.k8s.io selfsubjectreviews
clusterrole system:certificates.k8s.io:certificatesigningrequests:nodeclient
  create certificates.k8s.io certificatesigningrequests/nodeclient
clusterrole system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  create certificates.k8s.io certificatesigningrequests/selfnodeclient
clusterrole system:certificates.k8s.io:kube-apiserver-client-approver
  approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client
clusterrole system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
  approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
clusterrole system:certificates.k8s.io:kubelet-serving-approver
  approve certificates.k8s.io signers kubernetes.io/kubelet-serving
clusterrole system:certificates.k8s.io:legacy-unknown-approver
  approve certificates.k8s.io signers kubernetes.io/legacy-unknown
clusterrole system:discovery
  get url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
clusterrole system:heapster
  READ core events,namespaces,nodes,pods
  READ extensions deployments
clusterrole system:kube-aggregator
  READ core endpoints,services
clusterrole system:kube-controller-manager
  EVENTS
  create coordination.k8s.io leases
  get,update coordination.k8s.io leases kube-controller-manager
  create core secrets,serviceaccounts
  delete core secrets
  get core configmaps,namespaces,secrets,serviceaccounts
  update core secrets,serviceaccounts
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  list,watch * *
  create core serviceaccounts/token
clusterrole system:kube-dns
  list,watch core endpoints,services
clusterrole system:kube-scheduler
  EVENTS
  create coordination.k8s.io leases
  get,list,update,watch coordination.k8s.io leases kube-scheduler
  ALL coordination.k8s.io leasecandidates
  READ core nodes
  delete,get,list,watch core pods
  create core bindings,pods/binding
  patch,update core pods/status
  READ core replicationcontrollers,services
  READ apps,extensions replicasets
  READ apps statefulsets
  READ policy poddisruptionbudgets
  READ core persistentvolumeclaims,persistentvolumes
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io subjectaccessreviews
  READ storage.k8s.io csinodes
  READ storage.k8s.io volumeattachments
  READ core namespaces
  READ storage.k8s.io csidrivers
  READ storage.k8s.io csistoragecapacities
  READ resource.k8s.io deviceclasses
  get,list,patch,update,watch resource.k8s.io resourceclaims
  get,list,patch,update,watch resource.k8s.io resourceclaims/status
  update core pods/finalizers
  READ resource.k8s.io resourceslices
  create,delete resource.k8s.io resourceclaims
  patch,update resource.k8s.io resourceclaims/binding
clusterrole system:kubelet-api-admin
  READ core nodes
  proxy core nodes
  * core nodes/log,nodes/metrics,nodes/proxy,nodes/stats
  * core nodes/configz,nodes/healthz,nodes/pods
clusterrole system:monitoring
  get url /flagz,/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*,/statusz
  get core nodes/metrics
clusterrole system:node
  create authentication.k8s.io tokenreviews
  create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
  READ core services
  create,get,list,watch core nodes
  patch,update core nodes/status
  patch,update core nodes
  EVENTS
  READ core pods
  create,delete core pods
  patch,update core pods/status
  create core pods/eviction
  READ core configmaps,secrets
  get core persistentvolumeclaims,persistentvolumes
  get core endpoints
  create,get,list,watch certificates.k8s.io certificatesigningrequests
  create,delete,get,patch,update coordination.k8s.io leases
  get storage.k8s.io volumeattachments
  create core serviceaccounts/token
  get,patch,update core persistentvolumeclaims/status
  READ storage.k8s.io csidrivers
  create,delete,get,patch,update storage.k8s.io csinodes
  READ node.k8s.io runtimeclasses
  get resource.k8s.io resourceclaims
  deletecollection resource.k8s.io resourceslices
  get core serviceaccounts
clusterrole system:node-bootstrapper
  create,get,list,watch certificates.k8s.io certificatesigningrequests
clusterrole system:node-problem-detector
  get core nodes
  patch core nodes/status
  EVENTS
clusterrole system:node-proxier
  list,watch core endpoints,services
  READ core nodes
  EVENTS
  list,watch networking.k8s.io servicecidrs
  list,watch discovery.k8s.io endpointslices
clusterrole system:persistent-volume-provisioner
  create,delete,get,list,watch core persistentvolumes
  get,list,update,watch core persistentvolumeclaims
  READ storage.k8s.io storageclasses
  watch core events
  EVENTS
clusterrole system:public-info-viewer
  get url /healthz,/livez,/readyz,/version,/version/
clusterrole system:service-account-issuer-discovery
  get url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
clusterrole system:volume-scheduler
  get,list,patch,update,watch core persistentvolumes
  READ storage.k8s.io storageclasses
  get,list,patch,update,watch core persistentvolumeclaims
controller attachdetach-controller
  list,watch core persistentvolumeclaims,persistentvolumes
  READ core nodes
  patch,update core nodes/status
  list,watch core pods
  EVENTS
  create,delete,get,list,watch storage.k8s.io volumeattachments
  READ storage.k8s.io csidrivers
  READ storage.k8s.io csinodes
controller certificate-controller
  delete,get,list,watch certificates.k8s.io certificatesigningrequests
  update certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status
  approve certificates.k8s.io signers kubernetes.io/kube-apiserver-client-kubelet
  sign certificates.k8s.io signers kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
  create authorization.k8s.io subjectaccessreviews
  EVENTS
controller clusterrole-aggregation-controller
  escalate,get,list,patch,update,watch rbac.authorization.k8s.io clusterroles
controller cronjob-controller
  get,list,update,watch batch cronjobs
  create,delete,get,list,patch,update,watch batch jobs
  update batch cronjobs/status
  update batch cronjobs/finalizers
  delete,list,watch core pods
  EVENTS
controller daemon-set-controller
  READ apps,extensions daemonsets
  update apps,extensions daemonsets/status
  update apps,extensions daemonsets/finalizers
  list,watch core nodes
  create,delete,list,patch,watch core pods
  create core pods/binding
  create,delete,get,list,patch,update,watch apps controllerrevisions
  EVENTS
controller deployment-controller
  get,list,update,watch apps,extensions deployments
  update apps,extensions deployments/status
  update apps,extensions deployments/finalizers
  create,delete,get,list,patch,update,watch apps,extensions replicasets
  get,list,update,watch core pods
  EVENTS
controller device-taint-eviction-controller
  delete,get,list,watch core pods
  patch,update core pods/status
  READ resource.k8s.io resourceclaims
  READ resource.k8s.io resourceslices
  READ resource.k8s.io deviceclasses
  EVENTS
controller disruption-controller
  READ apps,extensions deployments
  READ apps,extensions replicasets
  READ core replicationcontrollers
  READ policy poddisruptionbudgets
  READ apps statefulsets
  update policy poddisruptionbudgets/status
  patch,update core pods/status
  get * */scale
  EVENTS
controller endpoint-controller
  READ core pods,services
  create,delete,get,list,update,watch core endpoints
  create core endpoints/restricted
  EVENTS
controller endpointslice-controller
  READ core nodes,pods,services
  update core services/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  EVENTS
controller endpointslicemirroring-controller
  READ core endpoints,services
  update core services/finalizers
  update core endpoints/finalizers
  create,delete,get,list,update,watch discovery.k8s.io endpointslices
  EVENTS
controller ephemeral-volume-controller
  READ core pods
  update core pods/finalizers
  create,get,list,watch core persistentvolumeclaims
  EVENTS
controller expand-controller
  get,list,patch,update,watch core persistentvolumes
  patch,update core persistentvolumeclaims/status
  READ core persistentvolumeclaims
  EVENTS
controller generic-garbage-collector
  delete,get,list,patch,update,watch * *
  EVENTS
controller horizontal-pod-autoscaler
  READ autoscaling horizontalpodautoscalers
  update autoscaling horizontalpodautoscalers/status
  get,update * */scale
  list,watch core pods
  list,watch metrics.k8s.io pods
  READ custom.metrics.k8s.io *
  READ external.metrics.k8s.io *
  EVENTS
controller job-controller
  get,list,patch,update,watch batch jobs
  update batch jobs/status
  update batch jobs/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
controller legacy-service-account-token-cleaner
  get core configmaps kube-apiserver-legacy-service-account-token-tracking
  delete,patch core secrets
controller namespace-controller
  delete,get,list,watch core namespaces
  update core namespaces/finalize,namespaces/status
  delete,deletecollection,get,list,watch * *
controller node-controller
  delete,get,list,patch,update,watch core nodes
  patch,update core nodes/status
  patch,update core pods/status
  delete,get,list,watch core pods
  EVENTS
controller persistent-volume-binder
  create,delete,get,list,update,watch core persistentvolumes
  update core persistentvolumes/status
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  create,delete,get,list,watch core pods
  READ storage.k8s.io storageclasses
  list,watch core nodes
  EVENTS
  watch core events
controller pod-garbage-collector
  delete,list,watch core pods
  READ core nodes
  patch core pods/status
controller pv-protection-controller
  get,list,update,watch core persistentvolumes
  EVENTS
controller pvc-protection-controller
  get,list,update,watch core persistentvolumeclaims
  update core persistentvolumeclaims/status
  READ core pods
  EVENTS
controller replicaset-controller
  get,list,update,watch apps,extensions replicasets
  update apps,extensions replicasets/status
  update apps,extensions replicasets/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
controller replication-controller
  get,list,update,watch core replicationcontrollers
  update core replicationcontrollers/status
  update core replicationcontrollers/finalizers
  create,delete,list,patch,watch core pods
  EVENTS
controller resource-claim-controller
  READ core pods
  update core pods/finalizers
  create,delete,get,list,watch resource.k8s.io resourceclaims
  patch,update resource.k8s.io resourceclaims,resourceclaims/status
  patch,update core pods/status
  EVENTS
  patch,update resource.k8s.io resourceclaims/binding
controller resourcequota-controller
  list,watch * *
  update core resourcequotas/status
  EVENTS
controller root-ca-cert-publisher
  create,update core configmaps
  EVENTS
controller route-controller
  list,watch core nodes
  patch core nodes/status
  EVENTS
controller selinux-warning-controller
  EVENTS
  READ core persistentvolumes
  READ core persistentvolumeclaims
  READ core pods
  READ storage.k8s.io csidrivers
controller service-account-controller
  create core serviceaccounts
  EVENTS
controller service-cidrs-controller
  get,list,patch,update,watch networking.k8s.io servicecidrs
  patch,update networking.k8s.io servicecidrs/finalizers
  patch,update networking.k8s.io servicecidrs/status
  READ networking.k8s.io ipaddresses
  EVENTS
controller service-controller
  READ core services
  patch,update core services/status
  list,watch core nodes
  EVENTS
controller statefulset-controller
  list,watch core pods
  READ apps statefulsets
  update apps statefulsets/status
  update apps statefulsets/finalizers
  create,delete,get,patch,update core pods
  create,delete,get,list,patch,update,watch apps controllerrevisions
  create,get,list,watch core persistentvolumeclaims
  delete,update core persistentvolumeclaims
  update core pods/finalizers
  EVENTS
controller ttl-after-finished-controller
  delete,get,list,watch batch jobs
  EVENTS
controller ttl-controller
  list,patch,update,watch core nodes
  EVENTS
controller validatingadmissionpolicy-status-controller
  READ admissionregistration.k8s.io validatingadmissionpolicies
  get,patch,update admissionregistration.k8s.io validatingadmissionpolicies/status
  EVENTS
controller volumeattributesclass-protection-controller
  READ core persistentvolumeclaims
  READ core persistentvolumes
  get,list,update,watch storage.k8s.io volumeattributesclasses
  EVENTS
role kube-public system:controller:bootstrap-signer
  READ core configmaps
  update core configmaps cluster-info
  EVENTS
role kube-system extension-apiserver-authentication-reader
  READ core configmaps extension-apiserver-authentication
role kube-system system::leader-locking-kube-controller-manager
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
role kube-system system::leader-locking-kube-scheduler
  create,get,list,update,watch coordination.k8s.io leases
  create,get,list,update,watch coordination.k8s.io leasecandidates
role kube-system system:controller:bootstrap-signer
  READ core secrets
role kube-system system:controller:cloud-provider
  create,get,list,watch core configmaps
role kube-system system:controller:token-cleaner
  delete,get,list,watch core secrets
  EVENTS

clusterbinding cluster-admin cluster-admin group:system:masters
clusterbinding system:basic-user system:basic-user group:system:authenticated
clusterbinding system:discovery system:discovery group:system:authenticated
clusterbinding system:kube-controller-manager system:kube-controller-manager user:system:kube-controller-manager
clusterbinding system:kube-dns system:kube-dns sa:kube-system/kube-dns
clusterbinding system:kube-scheduler system:kube-scheduler user:system:kube-scheduler
clusterbinding system:monitoring system:monitoring group:system:monitoring
clusterbinding system:node system:node
clusterbinding system:node-proxier system:node-proxier user:system:kube-proxy
clusterbinding system:public-info-viewer system:public-info-viewer group:system:authenticated group:system:unauthenticated
clusterbinding system:service-account-issuer-discovery system:service-account-issuer-discovery group:system:serviceaccounts
clusterbinding system:volume-scheduler system:volume-scheduler user:system:kube-scheduler
binding kube-public system:controller:bootstrap-signer role system:controller:bootstrap-signer sa:kube-system/bootstrap-signer
binding kube-system system::extension-apiserver-authentication-reader role extension-apiserver-authentication-reader user:system:kube-controller-manager user:system:kube-scheduler
binding kube-system system::leader-locking-kube-controller-manager role system::leader-locking-kube-controller-manager user:system:kube-controller-manager sa:kube-system/kube-controller-manager sa:kube-system/leader-election-controller
binding kube-system system::leader-locking-kube-scheduler role system::leader-locking-kube-scheduler user:system:kube-scheduler sa:kube-system/kube-scheduler
binding kube-system system:controller:bootstrap-signer role system:controller:bootstrap-signer sa:kube-system/bootstrap-signer
binding kube-system system:controller:cloud-provider role system:controller:cloud-provider sa:kube-system/cloud-provider
binding kube-system system:controller:token-cleaner role system:controller:token-cleaner sa:kube-system/token-cleaner
)";

}  // namespace knarr::auth
