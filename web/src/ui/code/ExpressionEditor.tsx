/** An expression without braces, or with `template` a text with `{{ … }}` in it. */
import { CodeField } from './CodeField'
import type { CodeFieldProps } from './types'

interface Props extends Omit<CodeFieldProps, 'language'> {
  template?: boolean
}

export function ExpressionEditor({ template = false, ...props }: Props) {
  return <CodeField {...props} language={template ? 'template' : 'expression'} />
}
