/**
 * A text. It is a plain input until it holds `{{ … }}`: then names are completed and its value is shown. It stays so while
 * it is edited, that no cursor is lost. Until the editor of expressions is loaded the plain input stays, and then hands over
 * its text, its cursor and the focus in one step: whoever types doesn't notice.
 */
import { useRef, useState, type RefObject } from 'react'

import { ExpressionField } from '../../expressions/ExpressionField'
import { isTemplate } from '../../expressions/template'
import { useCodeInstead } from '../../ui/code/loading'
import { TextArea, TextInput } from '../../ui/inputs'
import type { Scalar } from '../model'
import { scalarOf, textOfScalar } from '../scalars'
import { useSurroundings } from '../surroundings'
import { useExtra } from '../useExtra'
import type { ControlProps } from './types'
import { WorkflowOffers } from './WorkflowOffers'

interface Props extends ControlProps {
  long: boolean
  scalars: readonly Scalar[]
  offers?: 'workflows' | null
  expressed: boolean
  /** In a row: an empty text is a value. */
  keepEmpty?: boolean
}

export function TextControl(props: Props) {
  const { field, value, path, onChange, wiring, messages, long, scalars, expressed } = props
  const [taken, take] = useState<number | null>(null)
  const extra = useExtra(field)
  const { fixed } = useSurroundings()
  const text = textOfScalar(value)
  const give = (next: string) =>
    onChange(next === '' && !props.keepEmpty ? undefined : scalarOf(next, scalars, value), path)
  const plain = useRef<Plain>(null)
  const wanted = !fixed && (expressed || taken !== null || isTemplate(value))
  const ready = useCodeInstead(wanted, () => take(cursorIn(plain.current)))
  if (wanted && ready) {
    return (
      <ExpressionField
        {...described(wiring)}
        template
        label={field.label}
        value={text}
        onChange={give}
        long={long}
        extra={extra}
        messages={messages}
        placeholder={field.example}
        focused={taken !== null || (expressed && text === '')}
        cursor={taken ?? 0}
      />
    )
  }
  const type = (element: Plain) => {
    if (ready && !fixed && element.value.includes('{{')) take(cursorIn(element))
    give(element.value)
  }
  const placeholder = textOfScalar(field.default) || field.example
  if (long) {
    const rows = Math.min(12, Math.max(3, text.split('\n').length + 1))
    return (
      <TextArea
        {...wiring}
        ref={plain as RefObject<HTMLTextAreaElement>}
        rows={rows}
        value={text}
        placeholder={placeholder}
        onChange={(event) => type(event.target)}
      />
    )
  }
  return (
    <WorkflowOffers wanted={props.offers === 'workflows'}>
      {(list) => (
        <TextInput
          {...wiring}
          ref={plain as RefObject<HTMLInputElement>}
          value={text}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          {...(list && { list })}
          onChange={(event) => type(event.target)}
        />
      )}
    </WorkflowOffers>
  )
}

type Plain = HTMLInputElement | HTMLTextAreaElement

/** How far from the end of its text the cursor stands; null when it has none. */
function cursorIn(element: Plain | null): number | null {
  if (!element || element !== element.ownerDocument.activeElement) return null
  const { length } = element.value
  return length - (element.selectionStart ?? length)
}

/** For a code field, which is called by its label anyway. */
export function described(wiring: ControlProps['wiring']): Omit<ControlProps['wiring'], 'aria-label'> {
  return {
    ...(wiring.id && { id: wiring.id }),
    ...(wiring['aria-describedby'] && { 'aria-describedby': wiring['aria-describedby'] }),
    ...(wiring['aria-invalid'] && { 'aria-invalid': true as const }),
  }
}
