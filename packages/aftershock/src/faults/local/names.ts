import type { LocalPod, ServiceConfig } from '../../model/system.ts'

/** `payment` for `payment-service`: as people say it. */
export function shortName(service: string): string {
  return service.replace(/-service$/, '') || service
}

/** `payment`, `payment (1 of 2)`, `payment and order`, `5 services`. */
export function namesOf(pods: readonly LocalPod[], services: readonly ServiceConfig[]): string {
  const counts = new Map<string, number>()
  for (const { service } of pods) counts.set(service, (counts.get(service) ?? 0) + 1)
  const names = [...counts].map(([name, count]) => {
    const replicas = services.find((service) => service.name === name)?.replicas ?? count
    return count < replicas ? `${shortName(name)} (${count} of ${replicas})` : shortName(name)
  })
  if (names.length > 3) return `${names.length} services`
  return names.length < 2 ? (names[0] ?? 'nothing') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Without needless digits: 500, 0.5, 16.7. */
export function short(value: number): string {
  const digits = String(
    Number(value.toPrecision(3).includes('e') ? Math.round(value) : value.toFixed(value < 1 ? 3 : 1)),
  )
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `10 kB/s`, `1 MB/s`. */
export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`
}

export function bytesText(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${short(bytes / size)} ${unit}`
  return `${bytes} B`
}
