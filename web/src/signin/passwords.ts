/** What a password must be: as the server checks it, so that a form can say so before it is sent. Pure. */
const LEAST = 12
const MOST = 256

export function passwordProblem(password: string, email: string | null): string | null {
  // As the server counts: code points.
  const { length } = Array.from(password)
  if (length < LEAST) return `${LEAST - length} more ${LEAST - length === 1 ? 'character' : 'characters'}.`
  if (length > MOST) return `At most ${MOST} characters.`
  if (email !== null && password.toLowerCase() === email.trim().toLowerCase()) {
    return 'Not the address itself.'
  }
  return null
}
