/**
 * Step → columns it reads, by name. A column that is missing here is loaded when it is read, which is slow; one that
 * nobody reads is loaded in vain. `shelved-hand.test.ts` says what is missing.
 */
const READ: Readonly<Record<string, readonly string[]>> = {
  names: ['durationNs kind parentWords protocol resource spanWords startNs traceWords'],
  calls: [
    'durationNs grpcStatus httpStatus kind linkIds linkStart peer protocol resource route row size',
    'parent responseFlags spanIds spanWords startNs status system traceWords',
  ],
  operations: [
    'end httpStatus instance kind method name orphan parent peer protocol route row server service',
    'size start status system traceStart untold',
  ],
  failures: [
    'callee end entry errorMessage errorType grpcStatus httpStatus instance op owner protocol proxied',
    'responseFlags row server service size start status statusMessage trace traceStart untold',
  ],
  attempts: [
    'callStart callee calls end fail instance op owner parent resendCount row server size start startNs',
  ],
  rejections: [
    'callStart callee calls end errorMessage errorType fail grpcStatus httpStatus instance ofTrace op orphan owner',
    'next previous row service size speaksOfBreaker start statusMessage trace traceStart',
  ],
  load: ['end instance ofTrace owner start trace'],
  origins: [
    'callStart callee calls end errorMessage errorType fail grpcStatus hedged how httpStatus instance next nth ofTrace',
    'op owner parent quiet row server service size start statusMessage trace unanswered',
  ],
  times: [
    'callStart callee calls end entry fail ofTrace op orphan owner parent previous server service size start',
    'trace traceStart untold',
  ],
  sites: [
    'as begins callee cause end group instance messages ofTrace owner part rejectedBy service start there trace value',
  ],
  sent: ['callee fail instance kind row server spanIds start'],
  senders: ['kind row spanIds traceIds'],
  waits: ['instance kind linkIds linkStart ofTrace owner parent row start trace'],
  list: ['callee fail instance ofFailure ofPart ofTrace op owner quiet service start trace'],
  halves: ['excess ofPart ofTrace start trace'],
  onsets: ['callee end ofFailure owner service start'],
  without: [
    'begins callStart callee calls cause end entry excess fail group hedged kind next ofFailure ofPart ofTrace',
    'op orphan owner parent previous server service size start trace traceStart typical typicalHigh value',
  ],
  held: ['durationNs end instance ofTrace owner service start trace'],
  crowd: ['begins callee excess instance ofPart ofTrace server start trace'],
  'in-time': ['end fail op server start untold'],
  outcomes: [
    'begins callStart callee calls cause durationNs end entry excess fail failed group hedged kind next',
    'ofFailure ofPart ofTrace op orphan owner parent previous quiet server service size start trace traceStart',
    'typical typicalHigh value',
  ],
  digest: [
    'as attempt attributed begins beside callStart callee calls cause cutShort durationNs end entry entryMiddleNs',
    'errorType excess extra fail failed group grpcStatus hedged how httpStatus hung instance kind next ofPart',
    'ofTrace op outcome over owner parent part previous quiet rejectedBy row server service size spanIds start status trace',
    'traceFirst traceIds traceStart traceWords typical typicalHigh untold usualThere value',
  ],
  passed: ['callStart callee calls end fail instance op owner previous quiet start'],
  chances: ['attempt callee end ofTrace owner quiet service start trace traceStart'],
  ranks: ['callee entry ofTrace op owner server service start traceStart'],
  shown: [
    'attempt beside classOf end entry extra hedged op row service start traceFirst traceIds traceStart',
    'untold',
  ],
  halve: ['ofTrace row traceFirst traceIds traceStart'],
  sham: ['attributed ofTrace'],
}

/** Columns that a step is known to read: they are loaded before it. */
export function columnsRead(step: string): Set<string> {
  return new Set((READ[step] ?? []).flatMap((names) => names.split(' ')))
}
