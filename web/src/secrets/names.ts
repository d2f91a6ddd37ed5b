/** What a secret may be called: as the server checks it, so that a form can say so before it is sent. Pure. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

export function nameProblem(name: string): string | null {
  if (name === '' || NAME.test(name)) return null
  return 'A name has up to 64 letters, digits and _, and doesn’t begin with a digit.'
}
