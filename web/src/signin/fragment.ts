/**
 * The token of a link: it comes after the `#`, which is sent to no server, and is taken out of the address at once, so
 * that it is in no history and on no screen.
 */
let taken: string | null = null

/** Once taken it stays with the page until it is loaded anew: React may ask twice. */
export function takeToken(): string | null {
  const found = window.location.hash.slice(1)
  if (found !== '') {
    taken = found
    window.history.replaceState(window.history.state, '', window.location.pathname)
  }
  return taken
}
