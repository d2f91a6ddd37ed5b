/** Code to be read: it can be selected, searched and copied, not changed. */
import { CodeField } from './CodeField'
import type { CodeFieldProps } from './types'

export function CodeView(props: Omit<CodeFieldProps, 'readOnly' | 'onChange' | 'complete'>) {
  return <CodeField {...props} readOnly />
}
