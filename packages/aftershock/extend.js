// What activities and controls written in JavaScript or TypeScript may throw; their types are in extend.d.ts.
// Recognised by name, so that two copies of this package understand each other.

export class ActivityFailed extends Error {
  name = 'ActivityFailed'
}

export class InterruptExecution extends Error {
  name = 'InterruptExecution'
}
