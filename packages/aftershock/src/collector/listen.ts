import { type Problem, ProblemError } from '../model/problem.ts'
import type { Address } from '../model/system.ts'

/** Something that listens; `close` waits for answers under way, at most a few seconds. */
export type Listener = { readonly address: Address; close(): Promise<void> }

/** Why a receiver could not take its address, as something to act on. Exit code 4. */
export function listenProblem(what: string, address: Address, error: NodeJS.ErrnoException): ProblemError {
  const place = `${address.host}:${address.port}`
  const problem: Problem = {
    code: error.code === 'EADDRINUSE' ? 'port-in-use' : 'cannot-listen',
    what: `Cannot listen for ${what} on ${place}`,
    ...reasonOf(error, address),
  }
  return new ProblemError([problem], 4, error)
}

function reasonOf(
  error: NodeJS.ErrnoException,
  { host, port }: Address,
): { readonly why: string; readonly fix: string } {
  if (error.code === 'EADDRINUSE')
    return {
      why: `another process already listens on port ${port} (perhaps another OpenTelemetry collector or another aftershock)`,
      fix: `Stop it (\`lsof -i :${port}\` or \`ss -ltnp sport = :${port}\` names it), or choose another port under traces.otlp in aftershock.yaml`,
    }
  if (error.code === 'EACCES')
    return {
      why: `this user may not listen on port ${port}`,
      fix: 'Choose a port above 1023 under traces.otlp in aftershock.yaml',
    }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return {
      why: `${host} is not an address of this machine`,
      fix: 'Use 127.0.0.1, or an address that `ip addr` lists',
    }
  return { why: error.message, fix: 'Choose another address under traces.otlp in aftershock.yaml' }
}

/**
 * Anybody who reaches a receiver can fill it, so beyond loopback a token is asked for.
 *
 * @throws ProblemError (exit code 2) when the address is not loopback and there is no token
 */
export function requireTokenBeyondLoopback(what: string, address: Address, token: string | undefined): void {
  if (token !== undefined && token !== '') return
  if (/^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/.test(address.host)) return
  throw new ProblemError([
    {
      code: 'token-required',
      what: `Cannot listen for ${what} on ${address.host}:${address.port}`,
      why: `an address that other machines reach needs a token: current host is ${address.host}, and no token is set`,
      fix: 'Set AFTERSHOCK_TOKEN, and OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer <token>" in the senders; or listen on 127.0.0.1',
    },
  ])
}
