/**
 * A real OpenID Connect provider on a free loopback port, for tests: whoever signs in is who they say they are.
 *
 * One client, given as JSON in `CLIENT`. The name that somebody signs in with is their address; it is vouched for unless
 * it begins with `unverified`. Says `ready at http://…` once it answers.
 */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const { default: Provider } = await import(pathToFileURL(process.env.PROVIDER).href)

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [JSON.parse(process.env.CLIENT)],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  cookies: { keys: ['for tests alone'] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: `subject-of-${id}`,
      email: id,
      email_verified: !id.startsWith('unverified'),
      name: `Name of ${id}`,
    }),
  }),
})
server.on('request', provider.callback())
console.log(`ready at ${issuer}`)
