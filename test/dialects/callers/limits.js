/** undici's own timers tick about once a second. */
export const COARSE_TIMEOUT_MS = 1000
/** The limits all callers share, so that one truth holds for every library. */
export const TIMEOUT_MS = 150
export const RETRY_PAUSE_MS = 30
export const HEDGE_AFTER_MS = 60
export const PAYMENT_URL = `http://127.0.0.1:${process.env.PAYMENT_HTTP_PORT}/charges`
export const PAYMENT_GRPC = `127.0.0.1:${process.env.PAYMENT_GRPC_PORT}`
/** Opens after 4 failures, 20 good calls before them, and stays open beyond the recording. */
export const BREAKER = {
  timeout: false,
  volumeThreshold: 4,
  errorThresholdPercentage: 15,
  resetTimeout: 60_000,
}
export const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export class Answered extends Error {
  constructor(answer) {
    super(`payment answered ${answer}`)
    this.answer = answer
  }
}
