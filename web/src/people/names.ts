/** What a member is called: by name, else by address. Pure. */
export function calledOf({ name, email }: { name: string; email: string | null }): string {
  return name || email || 'Somebody'
}
