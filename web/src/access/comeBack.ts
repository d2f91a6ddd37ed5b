/** Where a sign-in leads: the page that asked for it, if it is one of the console's own. Pure. */
const DOORS = /^\/(signin|invite|password|setup)(?![^/?#])/

/** The address below `/app` to go to; anything that could lead elsewhere counts as the start. */
export function comeBackTo(asked: string | undefined): string {
  if (asked === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked) || DOORS.test(asked)) return '/'
  return asked
}

/** Pages that nobody needs to be signed in for; `pathname` with or without `/app`. */
export function isDoor(pathname: string): boolean {
  return DOORS.test(pathname.replace(/^\/app(?=\/)/, ''))
}
