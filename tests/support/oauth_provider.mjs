/**
 * A real OAuth 2 provider on a free loopback port, for tests: client credentials, and refresh tokens that count once.
 *
 * Its clients are given as JSON in `CLIENTS`. Says `ready at http://… <refresh token>` once it answers; that token was
 * given to the client `refresher`. `LIFE`: how many seconds access tokens count.
 */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const { default: Provider } = await import(pathToFileURL(process.env.PROVIDER).href)

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`
const life = Number(process.env.LIFE)

const provider = new Provider(issuer, {
  clients: JSON.parse(process.env.CLIENTS),
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    devInteractions: { enabled: false },
  },
  scopes: ['openid', 'offline_access', 'read', 'write'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  ttl: { AccessToken: life, ClientCredentials: life, RefreshToken: 3600, Grant: 3600 },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  cookies: { keys: ['for tests alone'] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
})

const client = await provider.Client.find('refresher')
const grant = new provider.Grant({ accountId: 'ada', clientId: client.clientId })
grant.addOIDCScope('openid offline_access')
const refresh = new provider.RefreshToken({
  accountId: 'ada',
  client,
  grantId: await grant.save(),
  gty: 'authorization_code',
  scope: 'openid offline_access',
})
const token = await refresh.save()
server.on('request', provider.callback())
console.log(`ready at ${issuer} ${token}`)
