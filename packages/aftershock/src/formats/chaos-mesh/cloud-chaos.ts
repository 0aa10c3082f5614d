import { checkDuration } from './checks.ts'
import { at, type Fields, textAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import type { Report } from './report.ts'
import { integer, listOf, oneOf, record, text } from './schema.ts'
import { common } from './targeting.ts'

export const awsChaos: ChaosKind = {
  kind: 'AWSChaos',
  embedKey: 'awsChaos',
  spec: record({
    ...common,
    'action*': oneOf('ec2-stop', 'ec2-restart', 'detach-volume'),
    'awsRegion*': text,
    deviceName: text,
    'ec2Instance*': text,
    endpoint: text,
    secretName: text,
    volumeID: text,
  }),
  webhook(spec, report) {
    checkDuration(spec, report, 'duration')
    needs(
      spec,
      report,
      'detach-volume',
      'volumeID',
      'the ID of EBS volume is required on detach-volume action',
    )
    needs(
      spec,
      report,
      'detach-volume',
      'deviceName',
      'the name of device is required on detach-volume action',
    )
  },
  fault: clusterOnly('AWSChaos'),
}

export const gcpChaos: ChaosKind = {
  kind: 'GCPChaos',
  embedKey: 'gcpChaos',
  spec: record({
    ...common,
    'action*': oneOf('node-stop', 'node-reset', 'disk-loss'),
    deviceNames: listOf(text),
    'instance*': text,
    'project*': text,
    secretName: text,
    'zone*': text,
  }),
  webhook(spec, report) {
    checkDuration(spec, report, 'duration')
    needs(
      spec,
      report,
      'disk-loss',
      'deviceNames',
      'at least one device name is required on disk-loss action',
    )
  },
  fault: clusterOnly('GCPChaos'),
}

export const azureChaos: ChaosKind = {
  kind: 'AzureChaos',
  embedKey: 'azureChaos',
  spec: record({
    ...common,
    'action*': oneOf('vm-stop', 'vm-restart', 'disk-detach'),
    diskName: text,
    lun: integer,
    'resourceGroupName*': text,
    secretName: text,
    'subscriptionID*': text,
    'vmName*': text,
  }),
  webhook(spec, report) {
    checkDuration(spec, report, 'duration')
    needs(
      spec,
      report,
      'disk-detach',
      'diskName',
      'the name of data disk should not be empty on disk-detach action',
    )
    needs(
      spec,
      report,
      'disk-detach',
      'lun',
      'the LUN of data disk should not be empty on disk-detach action',
    )
  },
  fault: clusterOnly('AzureChaos'),
}

function needs(spec: Fields, report: Report, action: string, name: string, why: string): void {
  if (textAt(spec, 'action') === action && at(spec, name) === undefined) {
    report.error([name], 'action-parameter', `${name} must be set: ${why}`, `Add ${name}`)
  }
}
