/**
 * What is to be done when a part of the console itself can't be loaded: the server is away, or has been renewed meanwhile.
 *
 * A browser doesn't ask for a part again that it couldn't get, so the page is loaded anew as soon as the server answers,
 * but at most once in ten seconds, in case it doesn't have that part.
 */
const MESSAGE = /dynamically imported module|module script failed/i
const LAST = 'holdfast.loaded-anew'
const REST = 10_000

export class NotLoaded extends Error {
  override readonly name = 'NotLoaded'
}

/** For `catch`: gives the browser's error a name of ours. */
export function notLoaded(error: unknown): never {
  throw isNotLoaded(error) ? new NotLoaded('This page could not be loaded.') : error
}

export function isNotLoaded(error: unknown): boolean {
  return error instanceof NotLoaded || (error instanceof Error && MESSAGE.test(error.message))
}

/** Loads the page anew when the server answers. Asks once; the answer says whether it did. */
export async function loadAnew(): Promise<boolean> {
  const before = Number(sessionStorage.getItem(LAST) ?? 0)
  if (Date.now() - before < REST) return false
  const answered = await fetch('/health/live', { cache: 'no-store' }).then(
    (response) => response.ok,
    () => false,
  )
  if (!answered) return false
  sessionStorage.setItem(LAST, String(Date.now()))
  location.reload()
  return true
}
