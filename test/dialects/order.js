/** The caller: `node --import ./telemetry.js order.js <library>`. Each case is a route of its own. */
import { createServer } from 'node:http'

const { CASES } = await import(`./callers/${process.argv[2]}.js`)

/** What users are told when the call failed for good. */
function statusFor(error) {
  if (error.answer === 429) return 429
  return error.isTimeout === true ? 504 : 502
}

const server = createServer(async (request, response) => {
  request.resume()
  const name = request.url.split('/').at(-1)
  try {
    await CASES[name](request.headers['x-order-id'])
    response.writeHead(200).end('{"ok":true}')
  } catch (error) {
    response.writeHead(statusFor(error)).end(`{"error":${JSON.stringify(String(error.message))}}`)
  }
})
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, cases: Object.keys(CASES) }))
})
