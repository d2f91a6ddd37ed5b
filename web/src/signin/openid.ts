/** Why a sign-in by the provider didn't end well. Only words of ours: what an address says may come from anybody. Pure. */
const TOLD: Record<string, string> = {
  refused: 'The provider didn’t sign you in.',
  unknown: 'Nobody with this address is known here. Ask an admin for an invitation.',
  invite: 'The invitation is for another address, was used, or is too old.',
  unverified: 'The provider doesn’t say that this address is verified.',
  state: 'That took too long, or was begun in another browser. Try again.',
  unavailable: 'The provider can’t be reached. Try again later.',
}

export function openidProblem(code: string): string {
  return (Object.hasOwn(TOLD, code) ? TOLD[code] : undefined) ?? 'That sign-in didn’t succeed. Try again.'
}
