import type { QueryKey } from '@tanstack/react-query'

/** Everything that is read of a run, and the lists that it stands in. */
export function keysOf(run: string): QueryKey[] {
  return [['run', run], ['waits', run], ['timeline', run], ['events', run], ['runs']]
}
