import { fieldRef, resourceFieldRef } from './pod-parts.ts'
import {
  flag,
  int32,
  integer,
  intOrText,
  listByKey,
  listOf,
  mapOf,
  quantity,
  record,
  setOf,
  text,
  textOr,
} from './schema.ts'

const keyRef = record({ 'key*': text, name: textOr(''), optional: flag })

const sourceRef = record({ name: textOr(''), optional: flag })

const command = record({ command: listOf(text) })

const header = record({ 'name*': text, 'value*': text })

const httpGet = record({
  host: text,
  httpHeaders: listOf(header),
  path: text,
  'port*': intOrText,
  scheme: text,
})

const sleep = record({ 'seconds*': integer })

const tcpSocket = record({ host: text, 'port*': intOrText })

const lifecycleHandler = record({ exec: command, httpGet: httpGet, sleep: sleep, tcpSocket: tcpSocket })

const grpc = record({ 'port*': int32, service: textOr('') })

const probe = record({
  exec: command,
  failureThreshold: int32,
  grpc: grpc,
  httpGet: httpGet,
  initialDelaySeconds: int32,
  periodSeconds: int32,
  successThreshold: int32,
  tcpSocket: tcpSocket,
  terminationGracePeriodSeconds: integer,
  timeoutSeconds: int32,
})

const profile = record({ localhostProfile: text, 'type*': text })

/** The container of a Workflow's Task, as the CRD has it: Kubernetes' own type. */
export const container = record({
  args: listOf(text),
  command: listOf(text),
  env: listByKey(
    record({
      'name*': text,
      value: text,
      valueFrom: record({
        configMapKeyRef: keyRef,
        fieldRef: fieldRef,
        fileKeyRef: record({ 'key*': text, optional: flag, 'path*': text, 'volumeName*': text }),
        resourceFieldRef: resourceFieldRef,
        secretKeyRef: keyRef,
      }),
    }),
    ['name'],
  ),
  envFrom: listOf(record({ configMapRef: sourceRef, prefix: text, secretRef: sourceRef })),
  image: text,
  imagePullPolicy: text,
  lifecycle: record({ postStart: lifecycleHandler, preStop: lifecycleHandler, stopSignal: text }),
  livenessProbe: probe,
  'name*': text,
  ports: listByKey(
    record({ 'containerPort*': int32, hostIP: text, hostPort: int32, name: text, protocol: textOr('TCP') }),
    ['containerPort', 'protocol'],
  ),
  readinessProbe: probe,
  resizePolicy: listOf(record({ 'resourceName*': text, 'restartPolicy*': text })),
  resources: record({
    claims: listByKey(record({ 'name*': text, request: text }), ['name']),
    limits: mapOf(quantity),
    requests: mapOf(quantity),
  }),
  restartPolicy: text,
  restartPolicyRules: listOf(
    record({ 'action*': text, exitCodes: record({ 'operator*': text, values: setOf(int32) }) }),
  ),
  securityContext: record({
    allowPrivilegeEscalation: flag,
    appArmorProfile: profile,
    capabilities: record({ add: listOf(text), drop: listOf(text) }),
    privileged: flag,
    procMount: text,
    readOnlyRootFilesystem: flag,
    runAsGroup: integer,
    runAsNonRoot: flag,
    runAsUser: integer,
    seLinuxOptions: record({ level: text, role: text, type: text, user: text }),
    seccompProfile: profile,
    windowsOptions: record({
      gmsaCredentialSpec: text,
      gmsaCredentialSpecName: text,
      hostProcess: flag,
      runAsUserName: text,
    }),
  }),
  startupProbe: probe,
  stdin: flag,
  stdinOnce: flag,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  tty: flag,
  volumeDevices: listByKey(record({ 'devicePath*': text, 'name*': text }), ['devicePath']),
  volumeMounts: listByKey(
    record({
      'mountPath*': text,
      mountPropagation: text,
      'name*': text,
      readOnly: flag,
      recursiveReadOnly: text,
      subPath: text,
      subPathExpr: text,
    }),
    ['mountPath'],
  ),
  workingDir: text,
})
