/** What an error's type, message or flag says happened. `none`: the words say nothing we know. */
export const TextClass = {
  none: 0,
  timeout: 1,
  breaker: 2,
  network: 3,
  shed: 4,
  cancelled: 5,
  dns: 6,
} as const

/**
 * Words of the libraries people run: Node, undici, axios, got, opossum, Java agent, resilience4j, .NET,
 * Polly, Python, Go, gRPC. Order matters: a breaker's message may name the time-outs that opened it, and
 * "aborted due to timeout" is a time-out, not a cancellation.
 */
const WORDS: readonly (readonly [number, RegExp])[] = [
  // Says "does not permit further calls" as a breaker does, and means that there is no room.
  [TextClass.shed, /bulkhead/i],
  [
    TextClass.breaker,
    /circuit|breaker\b.{0,40}\bopen|EOPENBREAKER|CallNotPermitted|does not permit further calls|DegradeException|FailedFast|RedLight/i,
  ],
  [
    TextClass.shed,
    /too ?many ?requests|max concurrency|semaphore|FlowException|overload|rate.?limit|ESEMLOCKED|RESOURCE_EXHAUSTED|(queue|pool).{0,12}(full|exhausted)/i,
  ],
  [
    TextClass.timeout,
    /time[d\s_-]*-?out|deadline[\s_-]*exceeded|TIMEDOUT|TimeLimit|ECONNABORTED|Client\.Timeout|UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT|no (answer|response|reply) (with)?in|(not|n't) \w+ (with)?in (time|\d)|took too long/i,
  ],
  [
    TextClass.dns,
    /ENOTFOUND|EAI_AGAIN|name (or service|resolution)|UnknownHost|no such host|getaddrinfo|NXDOMAIN|DNSFail/i,
  ],
  [
    TextClass.network,
    /ECONN(REFUSED|RESET)|EPIPE|EHOSTUNREACH|ENETUNREACH|connection[\s_-]*(refused|reset|closed|terminat|abort|error)|disconnected|without (sending a )?response|socket hang ?up|other side closed|UND_ERR_SOCKET|unreachable|broken ?pipe|Connect(ion)?(Exception|Error)|no connection|UNAVAILABLE|EOF\b/i,
  ],
  [TextClass.cancelled, /Abort(ed|Error)|UND_ERR_ABORTED|cancell?ed|CanceledError|context canceled/i],
]

/** Envoy's and Istio's response flags (envoy common_values.h). */
const FLAGS: Readonly<Record<string, number>> = {
  UT: TextClass.timeout,
  SI: TextClass.timeout,
  UMSDR: TextClass.timeout,
  DPE: TextClass.network,
  UO: TextClass.breaker,
  UF: TextClass.network,
  UC: TextClass.network,
  UR: TextClass.network,
  LR: TextClass.network,
  UH: TextClass.network,
  NR: TextClass.network,
  DF: TextClass.dns,
  RL: TextClass.shed,
  RLSE: TextClass.shed,
  OM: TextClass.shed,
  DO: TextClass.shed,
  DC: TextClass.cancelled,
}

/** Classes of a dictionary's strings, each read once. */
export class TextClasses {
  readonly #strings: readonly string[]
  readonly #text: Uint8Array
  readonly #flags: Uint8Array

  constructor(strings: readonly string[]) {
    this.#strings = strings
    this.#text = new Uint8Array(strings.length).fill(255)
    this.#flags = new Uint8Array(strings.length).fill(255)
  }

  ofText(id: number): number {
    if (id === 0) return TextClass.none
    if (this.#text[id] === 255) this.#text[id] = textClassOf(this.#strings[id])
    return this.#text[id]
  }

  ofFlags(id: number): number {
    if (id === 0) return TextClass.none
    if (this.#flags[id] === 255) {
      const known = this.#strings[id].split(',').map((flag) => FLAGS[flag.trim()] ?? TextClass.none)
      this.#flags[id] = known.find((flag) => flag !== TextClass.none) ?? TextClass.none
    }
    return this.#flags[id]
  }
}

export function textClassOf(text: string): number {
  return WORDS.find(([, words]) => words.test(text))?.[0] ?? TextClass.none
}
