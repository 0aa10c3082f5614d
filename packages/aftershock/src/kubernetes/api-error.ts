import { type Problem, ProblemError } from '../model/problem.ts'

/** The API server refused, or did not answer (`status` 0). */
export class ApiError extends Error {
  /** HTTP status; 0 when nothing answered. */
  readonly status: number
  /** The server's word: `NotFound`, `AlreadyExists`, `Conflict`, `Expired`, `Forbidden`, `Invalid` … */
  readonly reason: string
  /** Seconds that the server asked to wait. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, reason: string, message: string, retryAfterSeconds?: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What the body of a refusal says (a `Status` object, or a proxy's page). */
export function apiErrorOf(status: number, body: string, retryAfter: string | undefined): ApiError {
  const answer = statusOf(body)
  const seconds = retryAfter === undefined ? Number.NaN : Number(retryAfter)
  const message = answer?.message ?? (body.trim().slice(0, 300) || `HTTP ${status}`)
  return new ApiError(
    answer?.code ?? status,
    answer?.reason ?? '',
    message,
    Number.isFinite(seconds) ? seconds : undefined,
  )
}

type Status = { readonly code?: number; readonly reason?: string; readonly message?: string }

function statusOf(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Status) : undefined
  } catch {
    return undefined
  }
}

/** The cluster says no, or nothing: environment not ready (exit 4), but what it calls invalid is bad input (2). */
export function problemOfApiError(error: ApiError, what: string, server: string): ProblemError {
  const isInput = error.status === 400 || error.status === 422 || /denied the request/.test(error.message)
  return new ProblemError(
    [{ code: codeOf(error), what, ...whyAndFix(error, server) }],
    isInput ? 2 : 4,
    error,
  )
}

function codeOf({ status }: ApiError): string {
  if (status === 0) return 'cluster-unreachable'
  if (status === 401) return 'cluster-unauthorized'
  if (status === 403) return 'cluster-forbidden'
  return 'cluster-refused'
}

function whyAndFix(error: ApiError, server: string): Pick<Problem, 'why' | 'fix'> {
  if (error.status === 0)
    return {
      why: `the API server ${server} must answer: ${error.message}`,
      fix: 'check the context: kubectl config get-contexts; then kubectl cluster-info',
    }
  if (error.status === 401)
    return {
      why: `the API server ${server} does not accept the credentials (Unauthorized): they are wrong or have expired`,
      fix: 'sign in again, then check with: kubectl auth whoami',
    }
  if (error.status === 403 && !/denied the request/.test(error.message))
    return {
      why: `RBAC: ${error.message}`,
      fix: 'aftershock doctor --target k8s lists the rights that are missing, with the role to apply',
    }
  return { why: error.message }
}
