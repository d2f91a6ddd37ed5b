/** For tests: a session of somebody, changed where it matters. */
import type { Session } from '../api/session'

export const session = (part: Partial<Session> = {}): Session => ({
  user: { id: 'u', email: 'ada@example.com', name: 'Ada', totp: false, instance_admin: false },
  kind: 'person',
  name: 'Ada',
  tenant: { id: 'default', name: 'Default', suspended: false },
  role: 'editor',
  instance_admin: false,
  scopes: null,
  tenants: [],
  expires_at: null,
  ...part,
})
