/**
 * The editor behind a code field. Only ever loaded lazily (`CodeField`).
 *
 * The text of outside is the truth: a `value` that differs from what is written replaces it without calling `onChange`.
 * Tab leaves the field, as in any form.
 */
import { lintGutter, setDiagnostics } from '@codemirror/lint'
import { Annotation, Compartment, EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import clsx from 'clsx'
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'

import { openBraces } from './openBraces'
import { replacement } from './replacement'
import { attributesOf, diagnosticsOf, fixedParts } from './setup'
import type { CodeFieldProps, CodeMark, Complete } from './types'

const FromOutside = Annotation.define<boolean>()
const NONE: readonly CodeMark[] = []

interface Changing {
  attributes: Compartment
  readOnly: Compartment
}

interface Calls {
  changed: (text: string) => void
  left: () => void
  complete: Complete
}

function readOnlyParts(readOnly: boolean) {
  return [EditorState.readOnly.of(readOnly), EditorView.editable.of(true)]
}

function buildEditor(parent: HTMLElement, props: CodeFieldProps, calls: Calls) {
  const changing: Changing = { attributes: new Compartment(), readOnly: new Compartment() }
  const view = new EditorView({
    parent,
    doc: props.value,
    extensions: [
      fixedParts(props, calls.complete),
      changing.attributes.of(EditorView.contentAttributes.of(attributesOf(props))),
      changing.readOnly.of(readOnlyParts(props.readOnly ?? false)),
      props.lineNumbers && props.marks ? lintGutter() : [],
      EditorView.updateListener.of((update) => {
        if (update.focusChanged && !update.view.hasFocus) calls.left()
        if (!update.docChanged) return
        if (update.transactions.some((transaction) => transaction.annotation(FromOutside))) return
        calls.changed(update.state.doc.toString())
      }),
    ],
  })
  if (props.focused) {
    view.focus()
    view.dispatch({ selection: { anchor: Math.max(0, view.state.doc.length - (props.cursor ?? 0)) } })
  }
  return { view, changing }
}

export function CodeMirrorField(props: CodeFieldProps) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<{ view: EditorView; changing: Changing } | null>(null)
  const changed = useEffectEvent((text: string) => props.onChange?.(text))
  const left = useEffectEvent(() => props.onBlur?.())
  const complete = useEffectEvent((text: string, at: number, explicit: boolean) => {
    return props.complete?.(text, at, explicit) ?? null
  })
  const build = useEffectEvent((parent: HTMLElement) =>
    buildEditor(parent, props, {
      changed: (text) => changed(text),
      left: () => left(),
      complete: (text, at, explicit) => complete(text, at, explicit),
    }),
  )

  // A field of another language is another editor. It is there, with the focus, before any other key comes.
  useLayoutEffect(() => {
    if (!host.current) return
    const built = build(host.current)
    editor.current = built
    return () => {
      editor.current = null
      built.view.destroy()
    }
  }, [props.language, props.singleLine, props.lineNumbers, props.placeholder])

  const taken = useEffectEvent((view: EditorView) => {
    if (props.focused && props.complete) openBraces(view)
  })
  const { value, readOnly = false, marks = NONE } = props
  useEffect(() => {
    const view = editor.current?.view
    const text = view?.state.doc.toString()
    if (!view || text === undefined || text === value) return
    view.dispatch({ changes: replacement(text, value), annotations: FromOutside.of(true) })
  }, [value])

  // After the text of outside is in it, which doesn't know of this yet.
  useEffect(() => {
    if (editor.current) taken(editor.current.view)
  }, [])

  const described = JSON.stringify(attributesOf(props))
  useEffect(() => {
    const { view, changing } = editor.current ?? {}
    const attributes = JSON.parse(described) as Record<string, string>
    view?.dispatch({
      effects: [
        changing?.attributes.reconfigure(EditorView.contentAttributes.of(attributes)) ?? [],
        changing?.readOnly.reconfigure(readOnlyParts(readOnly)) ?? [],
      ].flat(),
    })
  }, [described, readOnly])

  useEffect(() => {
    const view = editor.current?.view
    if (view) view.dispatch(setDiagnostics(view.state, diagnosticsOf(marks, view.state.doc.length)))
  }, [marks])

  return (
    <div
      ref={host}
      className={clsx(
        'overflow-hidden rounded-md border bg-panel shadow-card focus-within:outline-2 focus-within:outline-accent',
        props['aria-invalid'] ? 'border-[var(--failure-mark)]' : 'border-line-strong',
        props.className,
      )}
    />
  )
}
