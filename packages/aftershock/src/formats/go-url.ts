/**
 * Whether Go's `url.ParseRequestURI` takes it: a URL with a scheme, or an absolute path.
 *
 * @see https://pkg.go.dev/net/url#ParseRequestURI
 */
export function isGoRequestUri(uri: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Go refuses control characters in a URL
  if (uri === '' || /[\u0000-\u001f\u007f]/.test(uri)) return false
  if (uri === '*') return true
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*)?:/.exec(uri)
  if (scheme !== null && scheme[1] === undefined) return false
  const rest = uri.slice(scheme?.[0].length ?? 0).replace(/\?.*$/s, '')
  if (!rest.startsWith('/')) return scheme !== null
  const authority = scheme === null ? null : /^\/\/([^/]*)/.exec(rest)
  if (authority !== null && !isAuthority(authority[1])) return false
  return isEscaped(rest.slice(authority?.[0].length ?? 0))
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@')
  const user = authority.slice(0, Math.max(at, 0))
  return /^[\w\-.:~!$&'()*+,;=%@]*$/.test(user) && isEscaped(user) && isHost(authority.slice(at + 1))
}

function isHost(host: string): boolean {
  const open = host.lastIndexOf('[')
  if (open !== -1) {
    const close = host.lastIndexOf(']')
    return open === 0 && close > open && isPort(host.slice(close + 1)) && isIp6(host.slice(open + 1, close))
  }
  const colon = host.lastIndexOf(':')
  return (colon === -1 || isPort(host.slice(colon))) && areHostChars(host)
}

function isPort(text: string): boolean {
  return /^(?::\d*)?$/.test(text)
}

/** Of the escapes only those of bytes beyond ASCII, and `%25`. */
function areHostChars(host: string): boolean {
  return isEscaped(host) && !/[ #\\^`{|}]|%(?!25)[0-7]/.test(host)
}

function isIp6(host: string): boolean {
  const [address, ...zone] = host.split('%25')
  if (!isEscaped(zone.join('%25')) || address.includes('%')) return false
  try {
    return new URL(`http://[${address}]/`).hostname !== ''
  } catch {
    return false
  }
}

function isEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text)
}
