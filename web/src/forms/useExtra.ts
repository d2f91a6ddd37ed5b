/** What is special about a field's place, for the names that its expressions can read. */
import { useMemo } from 'react'

import type { Extra } from '../expressions/scope'
import type { Field } from './model'
import { useSecretNames } from './useSecretNames'

export function useExtra(field: Field): Extra {
  const names = useSecretNames()
  const { secret } = field
  return useMemo(() => ({ params: true, ...(secret && { secrets: names }) }), [secret, names])
}
