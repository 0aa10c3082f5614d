import type { Selector } from '../../model/fault.ts'

type Texts = Readonly<Record<string, string>>

/** Every wanted key is there, with that value: label and annotation selectors. */
export function areIn(wanted: Texts, present: Texts): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(present, key) && present[key] === value)
}

/** An expression over labels, as Kubernetes has it: what lacks the key is also NotIn. */
export function holds(expression: Selector['expressionSelectors'][number], labels: Texts): boolean {
  const { key, operator, values } = expression
  const has = Object.hasOwn(labels, key)
  switch (operator) {
    case 'In':
      return has && values.includes(labels[key])
    case 'NotIn':
      return !has || !values.includes(labels[key])
    case 'Exists':
      return has
    case 'DoesNotExist':
      return !has
  }
}

/** `podPhaseSelectors`: includes are ORed, excludes (`!Failed`) each take away. */
export function isInPhase(phases: readonly string[], phase: string): boolean {
  const included = phases.filter((one) => !one.startsWith('!'))
  return !phases.includes(`!${phase}`) && (included.length === 0 || included.includes(phase))
}
