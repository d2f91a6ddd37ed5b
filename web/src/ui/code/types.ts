/** What a code field takes, in words of ours: nothing here loads the editor itself. */
export type CodeLanguage = 'json' | 'yaml' | 'python' | 'expression' | 'template' | 'text'

/** One thing that can be typed next. `apply` is what is put in where it differs from the label. */
export interface Suggestion {
  label: string
  kind: 'name' | 'field' | 'function' | 'method' | 'word'
  /** Beside the label: a type, a value, a signature. */
  detail?: string
  info?: string
  apply?: string
  /** Where the cursor stands in `apply`, from its end. */
  back?: number
  /** How many characters before `from` it takes the place of. */
  over?: number
}

export interface Suggestions {
  from: number
  options: readonly Suggestion[]
}

/** Asked while typing; `asked` says that the person pressed for it (Ctrl+Space). */
export type Complete = (text: string, at: number, asked: boolean) => Suggestions | null

/** A mistake between two places of the text, in UTF-16 units. */
export interface CodeMark {
  from: number
  to: number
  message: string
  severity: 'error' | 'warning'
}

export interface CodeFieldProps {
  value: string
  onChange?: (value: string) => void
  language: CodeLanguage
  label: string
  id?: string
  'aria-describedby'?: string
  'aria-invalid'?: true
  placeholder?: string
  readOnly?: boolean
  /** Enter makes no line: a field among others. */
  singleLine?: boolean
  lineNumbers?: boolean
  /** Takes the focus as it appears, with the cursor at the end, or `cursor` from it. */
  focused?: boolean
  cursor?: number
  complete?: Complete
  marks?: readonly CodeMark[]
  className?: string
  onBlur?: () => void
}
