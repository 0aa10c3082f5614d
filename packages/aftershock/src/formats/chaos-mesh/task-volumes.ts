import { fieldRef, resourceFieldRef } from './pod-parts.ts'
import { flag, int32, integer, listOf, mapOf, quantity, record, text, textOr } from './schema.ts'

const nameRef = record({ name: textOr('') })

const keyToPath = record({ 'key*': text, mode: int32, 'path*': text })

const podField = record({
  fieldRef: fieldRef,
  mode: int32,
  'path*': text,
  resourceFieldRef: resourceFieldRef,
})

const labelExpression = record({ 'key*': text, 'operator*': text, values: listOf(text) })

const labelSelector = record({ matchExpressions: listOf(labelExpression), matchLabels: mapOf(text) })

const files = record({ items: listOf(keyToPath), name: textOr(''), optional: flag })

/** The volumes of a Workflow's Task, as the CRD has them: Kubernetes' own type. */
export const volumes = listOf(
  record({
    awsElasticBlockStore: record({ fsType: text, partition: int32, readOnly: flag, 'volumeID*': text }),
    azureDisk: record({
      cachingMode: text,
      'diskName*': text,
      'diskURI*': text,
      fsType: textOr('ext4'),
      kind: text,
      readOnly: flag,
    }),
    azureFile: record({ readOnly: flag, 'secretName*': text, 'shareName*': text }),
    cephfs: record({
      'monitors*': listOf(text),
      path: text,
      readOnly: flag,
      secretFile: text,
      secretRef: nameRef,
      user: text,
    }),
    cinder: record({ fsType: text, readOnly: flag, secretRef: nameRef, 'volumeID*': text }),
    configMap: record({ defaultMode: int32, items: listOf(keyToPath), name: textOr(''), optional: flag }),
    csi: record({
      'driver*': text,
      fsType: text,
      nodePublishSecretRef: nameRef,
      readOnly: flag,
      volumeAttributes: mapOf(text),
    }),
    downwardAPI: record({ defaultMode: int32, items: listOf(podField) }),
    emptyDir: record({ medium: text, sizeLimit: quantity }),
    ephemeral: record({
      volumeClaimTemplate: record({
        metadata: record({}),
        'spec*': record({
          accessModes: listOf(text),
          dataSource: record({ apiGroup: text, 'kind*': text, 'name*': text }),
          dataSourceRef: record({ apiGroup: text, 'kind*': text, 'name*': text, namespace: text }),
          resources: record({ limits: mapOf(quantity), requests: mapOf(quantity) }),
          selector: labelSelector,
          storageClassName: text,
          volumeAttributesClassName: text,
          volumeMode: text,
          volumeName: text,
        }),
      }),
    }),
    fc: record({ fsType: text, lun: int32, readOnly: flag, targetWWNs: listOf(text), wwids: listOf(text) }),
    flexVolume: record({
      'driver*': text,
      fsType: text,
      options: mapOf(text),
      readOnly: flag,
      secretRef: nameRef,
    }),
    flocker: record({ datasetName: text, datasetUUID: text }),
    gcePersistentDisk: record({ fsType: text, partition: int32, 'pdName*': text, readOnly: flag }),
    gitRepo: record({ directory: text, 'repository*': text, revision: text }),
    glusterfs: record({ 'endpoints*': text, 'path*': text, readOnly: flag }),
    hostPath: record({ 'path*': text, type: text }),
    image: record({ pullPolicy: text, reference: text }),
    iscsi: record({
      chapAuthDiscovery: flag,
      chapAuthSession: flag,
      fsType: text,
      initiatorName: text,
      'iqn*': text,
      iscsiInterface: textOr('default'),
      'lun*': int32,
      portals: listOf(text),
      readOnly: flag,
      secretRef: nameRef,
      'targetPortal*': text,
    }),
    'name*': text,
    nfs: record({ 'path*': text, readOnly: flag, 'server*': text }),
    persistentVolumeClaim: record({ 'claimName*': text, readOnly: flag }),
    photonPersistentDisk: record({ fsType: text, 'pdID*': text }),
    portworxVolume: record({ fsType: text, readOnly: flag, 'volumeID*': text }),
    projected: record({
      defaultMode: int32,
      sources: listOf(
        record({
          clusterTrustBundle: record({
            labelSelector: labelSelector,
            name: text,
            optional: flag,
            'path*': text,
            signerName: text,
          }),
          configMap: files,
          downwardAPI: record({ items: listOf(podField) }),
          podCertificate: record({
            certificateChainPath: text,
            credentialBundlePath: text,
            keyPath: text,
            'keyType*': text,
            maxExpirationSeconds: int32,
            'signerName*': text,
            userAnnotations: mapOf(text),
          }),
          secret: files,
          serviceAccountToken: record({ audience: text, expirationSeconds: integer, 'path*': text }),
        }),
      ),
    }),
    quobyte: record({
      group: text,
      readOnly: flag,
      'registry*': text,
      tenant: text,
      user: text,
      'volume*': text,
    }),
    rbd: record({
      fsType: text,
      'image*': text,
      keyring: textOr('/etc/ceph/keyring'),
      'monitors*': listOf(text),
      pool: textOr('rbd'),
      readOnly: flag,
      secretRef: nameRef,
      user: textOr('admin'),
    }),
    scaleIO: record({
      fsType: textOr('xfs'),
      'gateway*': text,
      protectionDomain: text,
      readOnly: flag,
      'secretRef*': nameRef,
      sslEnabled: flag,
      storageMode: textOr('ThinProvisioned'),
      storagePool: text,
      'system*': text,
      volumeName: text,
    }),
    secret: record({ defaultMode: int32, items: listOf(keyToPath), optional: flag, secretName: text }),
    storageos: record({
      fsType: text,
      readOnly: flag,
      secretRef: nameRef,
      volumeName: text,
      volumeNamespace: text,
    }),
    vsphereVolume: record({
      fsType: text,
      storagePolicyID: text,
      storagePolicyName: text,
      'volumePath*': text,
    }),
  }),
)
