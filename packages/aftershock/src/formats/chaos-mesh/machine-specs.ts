import { flag, int, int32, integer, listOf, record, type Schema, text } from './schema.ts'

const network = {
  correlation: text,
  device: text,
  'egress-port': text,
  hostname: text,
  'ip-address': text,
  'ip-protocol': text,
  'source-port': text,
}
const jvm = { pid: integer, port: int32 }
const jvmMethod = { ...jvm, class: text, method: text }
const http = {
  code: text,
  method: text,
  path: text,
  port: int32,
  'proxy_ports*': listOf(integer),
  'target*': text,
}
const kafka = { host: text, messageSize: integer, password: text, port: integer, topic: text, username: text }
const redis = { addr: text, password: text }
const sentinel = { ...redis, conf: text, flushConfig: flag, redisPath: flag }
const payload = record({ path: text, 'payload-process-num': integer, size: text })

/** PhysicalMachineChaos: what each action's section holds. The section is named as the action. */
export const machineSpecs: Readonly<Record<string, Schema>> = {
  'stress-cpu': record({ load: integer, options: listOf(text), workers: integer }),
  'stress-mem': record({ options: listOf(text), size: text }),
  'disk-read-payload': payload,
  'disk-write-payload': payload,
  'disk-fill': record({ 'fill-by-fallocate': flag, path: text, size: text }),
  'network-corrupt': record({ ...network, percent: text }),
  'network-duplicate': record({ ...network, percent: text }),
  'network-loss': record({ ...network, percent: text }),
  'network-delay': record({ ...network, 'accept-tcp-flags': text, jitter: text, latency: text }),
  'network-partition': record({
    'accept-tcp-flags': text,
    device: text,
    direction: text,
    hostname: text,
    'ip-address': text,
    'ip-protocol': text,
  }),
  'network-dns': record({ 'dns-domain-name': text, 'dns-ip': text, 'dns-server': text }),
  'network-bandwidth': record({
    'buffer*': int({ min: 1 }),
    device: text,
    hostname: text,
    'ip-address': text,
    'limit*': int({ min: 1 }),
    minburst: integer,
    peakrate: integer,
    'rate*': text,
  }),
  'network-flood': record({
    'duration*': text,
    'ip-address': text,
    parallel: int32,
    port: text,
    'rate*': text,
  }),
  'network-down': record({ device: text, duration: text }),
  process: record({ process: text, recoverCmd: text, signal: integer }),
  'jvm-exception': record({ ...jvmMethod, exception: text }),
  'jvm-gc': record(jvm),
  'jvm-latency': record({ ...jvmMethod, latency: integer }),
  'jvm-return': record({ ...jvmMethod, value: text }),
  'jvm-stress': record({ ...jvm, 'cpu-count': integer, 'mem-type': text }),
  'jvm-rule-data': record({ ...jvm, 'rule-data': text }),
  'jvm-mysql': record({
    ...jvm,
    database: text,
    exception: text,
    latency: integer,
    mysqlConnectorVersion: text,
    sqlType: text,
    table: text,
  }),
  clock: record({ 'clock-ids-slice': text, pid: integer, 'time-offset': text }),
  'redis-expiration': record({ ...redis, expiration: text, key: text, option: text }),
  'redis-penetration': record({ ...redis, requestNum: integer }),
  'redis-cacheLimit': record({ ...redis, cacheSize: text, percent: text }),
  'redis-restart': record(sentinel),
  'redis-stop': record(sentinel),
  'kafka-fill': record({ ...kafka, maxBytes: integer, reloadCommand: text }),
  'kafka-flood': record({ ...kafka, threads: integer }),
  'kafka-io': record({ configFile: text, nonReadable: flag, nonWritable: flag, topic: text }),
  'file-create': record({ 'dir-name': text, 'file-name': text }),
  'file-modify': record({ 'file-name': text, privilege: int32 }),
  'file-delete': record({ 'dir-name': text, 'file-name': text }),
  'file-rename': record({ 'dest-file': text, 'source-file': text }),
  'file-append': record({ count: integer, data: text, 'file-name': text }),
  'file-replace': record({ 'dest-string': text, 'file-name': text, line: integer, 'origin-string': text }),
  'http-abort': record(http),
  'http-config': record({ file_path: text }),
  'http-delay': record({ ...http, 'delay*': text }),
  'http-request': record({ count: integer, 'enable-conn-pool': flag, url: text }),
  vm: record({ 'vm-name': text }),
  user_defined: record({ attackCmd: text, recoverCmd: text }),
}
